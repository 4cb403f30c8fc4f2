"""The export formats of one tool each; `linksift.io.formats` puts them together."""
