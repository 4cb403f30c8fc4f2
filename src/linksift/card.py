"""The model card: what a model is, how it was made, and how far to trust it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from linksift.recipe import Recipe

_HEAD = """---
license: apache-2.0
library_name: linksift
tags:
- tabular-classification
- backlinks
- link-spam
pipeline_tag: tabular-classification
metrics:
- f1
model-index:
- name: linksift-{name}
  results:
  - task:
      type: tabular-classification
      name: Backlink classification
    dataset:
      type: linksift
      name: gold links that count, with a page
    metrics:
    - type: f1
      name: macro-F1, cross-fitted by group
      value: {headline}
---

# linksift model: {name}

A LightGBM model with three classes for one backlink: **harmful** (breaks a named link-spam practice), **neutral** (hardly counts)
and **valuable** (somebody chose it for readers). It judges every link as if it counted; that `nofollow`, `ugc` and `sponsored` make a
link neutral is a policy applied after it.

## How it was made

Recipe `{name}`; {links:,} links of {groups:,} groups (owners, sites, networks); {n_features} features. Labels come from links that a language
model read under a written guideline, and with little weight from simple labelling functions; `data/README.md` says how far each is to be trusted. Folds never part a group. One booster
serves all that a user may have (page, export row, URL), with a calibration for each.

## How well it does

Measured on the hand-labelled links that count, cross-fitted: neither a link nor any other of its group was in the training data of the
model that scored it. `linksift evaluate` prints these figures. In brackets the 95 % interval by bootstrap over groups. **The sample is stratified: it is not the mix of a real profile.**

{table}

{baselines}
{history}
## What the policy does

{policy}

## Limits

The sample cannot resolve rare errors: read the intervals. Links of languages and trades that the training data lacks are judged by structure
alone. The model says what a link looks like, not whether a search engine acts on it, and nothing here advises to disavow anything.
"""


#: Rows of the figures, in this order; JSON keeps none.
_ORDER: Final = (
    "page",
    "page as row",
    "page as url",
    "export row",
    "export as Ahrefs",
    "export as Majestic",
    "export as url",
    "bare url",
    "harmful links on honest pages",
    "harmless links on spam pages",
    "honest pages",
    "spam and unproven pages",
)


def model_card(recipe: Recipe, metrics: Mapping[str, Any], policy: Mapping[str, Any], features: Sequence[str]) -> str:
    """Write the card of a model as Markdown with Hugging Face's front matter."""
    page = metrics["slices"].get("page", {}).get("macro_f1")
    return _HEAD.format(
        name=recipe.name,
        headline="null" if page is None else f"{page:.3f}",
        links=metrics["training_links"],
        groups=metrics["training_groups"],
        n_features=len(features),
        table=figures_table(metrics["slices"]),
        baselines=baselines_table(metrics),
        policy=policy_table(policy),
        history=history_table(recipe),
    )


def history_table(recipe: Recipe) -> str:
    """Return what each change gained as a Markdown section; nothing where the recipe tells none."""
    if not recipe.history:
        return ""
    head = "## What each step gained\n\nMacro-F1 on the gold links that count, on the same folds; another seed moves a figure by about 0.02.\n\n"
    table = "| step | with a page | export row |\n|---|---|---|\n"
    return head + table + "".join(f"| {s.change} | {s.page:.3f} | {s.row:.3f} |\n" for s in recipe.history)


def figures_table(parts: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the figures of each slice as a Markdown table."""
    head = "| links that count | n | groups | macro-F1 | recall harmful | recall neutral | recall valuable |\n|---|---|---|---|---|---|---|\n"
    rows = [
        f"| {name} | {row['n']} | {row['groups']} | {_interval(row)} | "
        + " | ".join(_figure(row[f"recall_{label}"]) for label in ("harmful", "neutral", "valuable"))
        + " |"
        for name, row in ((name, parts[name]) for name in _ORDER if name in parts)
        if row["n"]
    ]
    return head + "\n".join(rows) if rows else "There were no frozen links to measure on."


def baselines_table(metrics: Mapping[str, Any]) -> str:
    """Return macro-F1 of the model and of the baselines, by situation, as a Markdown table."""
    rivals = metrics["baselines"]
    if not rivals:
        return ""
    parts = metrics["slices"]
    names = [name for name in _ORDER if name in parts and parts[name]["n_harmful"] * parts[name]["n_valuable"]]
    head = f"| macro-F1 | {' | '.join(names)} |\n|---|{'---|' * len(names)}\n"
    rows = [("this model", metrics["slices"]), *rivals.items()]
    return head + "".join(f"| {who} | {' | '.join(_interval(row[name]) for name in names)} |\n" for who, row in rows)


def policy_table(policy: Mapping[str, Any]) -> str:
    """Return the thresholds and what they cost on the frozen links, as a Markdown table."""
    bands = policy["review"]
    if not bands:
        return "No thresholds could be chosen: every link is for review."
    head = "| judged from | harmful from | review from | valuable called harmful | harmful caught | in review |\n|---|---|---|---|---|---|\n"
    keys = ("valuable_called_harmful", "harmful_caught", "in_review")
    rows = [
        f"| {basis} | {_figure(band['t_high'])} | {_figure(band['t_low'])} | {' | '.join(_rate(band[key]) for key in keys)} |"
        for basis, band in bands.items()
    ]
    return head + "\n".join(rows)


def _interval(row: Mapping[str, Any]) -> str:
    if row["macro_f1"] is None:
        return "–"
    return f"{row['macro_f1']:.3f} [{_figure(row['lo'])}, {_figure(row['hi'])}]"


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _rate(rate: Mapping[str, Any]) -> str:
    return f"{_figure(rate.get('value'))} [{_figure(rate.get('lo'))}, {_figure(rate.get('hi'))}]"
