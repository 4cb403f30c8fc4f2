"""From the exports of several tools to one table, a report to discuss, and next month the difference.

The steps, in order: `gather` reads the exports and sets aside what is not about the site, `merge` makes one row per
link, `judge` scores and explains, `views` counts, `compare` looks back at an earlier audit, `disavowal` says whether a
disavow file is called for, `report` and `folder` write.
"""
