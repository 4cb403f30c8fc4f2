import pytest

from linksift.errors import RecipeError
from linksift.labeling import LABELING_FUNCTIONS
from linksift.labels import BASES
from linksift.readings import SURE, UNSURE
from linksift.recipe import SOURCES, Recipe, load_recipe


@pytest.fixture
def load(tmp_path):
    def load(text):
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        return load_recipe(path)

    return load


@pytest.mark.parametrize("name", ["default", "quick"])
def test_shipped_recipes(name):
    recipe = load_recipe(name)
    assert recipe.name == name
    assert set(recipe.views) == set(BASES)
    assert f'name = "{name}"' in recipe.text


def test_the_default_weighs_every_source():
    weights = load_recipe("default").labels
    assert set(weights) == set(SOURCES) >= {function.name for function in LABELING_FUNCTIONS}
    made_by_rule = max(weights[function.name] for function in LABELING_FUNCTIONS)
    assert weights["gold"] >= weights[SURE] > weights[UNSURE] > made_by_rule


def test_an_empty_recipe_is_all_defaults(load):
    assert load("") == Recipe(name="mine")


def test_values_are_read(load):
    recipe = load(
        "seed = 3\n[labels]\ngold = 2\n[split]\nfolds = 4\n[model]\nnum_leaves = 7\nlambda_l2 = 1\n[features]\nuse = ['a']"
    )
    assert (recipe.seed, recipe.labels, recipe.folds, recipe.use) == (3, {"gold": 2.0}, 4, ("a",))
    assert (recipe.model.num_leaves, recipe.model.lambda_l2) == (7, 1.0)
    assert isinstance(recipe.model.num_leaves, int)


def test_hidden_is_no_view(load):
    recipe = load("[views]\nhidden = 0.25\npage = 2")
    assert (recipe.hidden, recipe.views) == (0.25, {"page": 2.0})
    assert load("[views]\nhidden = 0.25").views == dict.fromkeys(BASES, 1.0)
    assert load("[views]\npage = 2").hidden == 1.0


def test_class_balance_and_readings_are_read(load):
    recipe = load("[model]\nclass_balance = 0.5\n[labels]\nread = 6\nread_unsure = 3")
    assert recipe.model.class_balance == 0.5
    assert recipe.labels == {"read": 6.0, "read_unsure": 3.0}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[labels", "not valid TOML"),
        ("colour = 1", "unknown key colour"),
        ("seed = -1", "seed"),
        ("seed = true", "seed"),
        ("seed = 1.5", "seed"),
        ("model = 3", r"\[model\] must be a table"),
        ("[data]\ntables = 'shipped'", r"\[data\] tables"),
        ("[data]\nfiles = []", r"\[data\]: unknown key files"),
        ("[features]\nuse = [1]", r"\[features\] use"),
        ("[features]\nleave_out = 'a'", r"\[features\] leave_out"),
        ("[labels]\nrumour = 1", r"\[labels\]: unknown key rumour"),
        ("[labels]\ngold = -1", r"\[labels\] gold"),
        ("[labels]\ngold = 'much'", r"\[labels\] gold"),
        ("[labels]\ngold = nan", r"\[labels\] gold"),
        ("[views]\nscreen = 1", r"\[views\]: unknown key screen"),
        ("[views]\nhidden = -1", r"\[views\] hidden"),
        ("[views]\nhidden = 'much'", r"\[views\] hidden"),
        ("[split]\nfolds = 1", r"\[split\] folds"),
        ("[split]\nfolds = 2.5", r"\[split\] folds"),
        ("[model]\ndepth = 3", r"\[model\]: unknown key depth"),
        ("[model]\nlearning_rate = 'slow'", r"\[model\] learning_rate"),
        ("[model]\nclass_balance = 'even'", r"\[model\] class_balance"),
        ("[model]\nclass_balance = -0.1", r"\[model\] class_balance"),
        ("[model]\nnum_leaves = 7.5", r"\[model\] num_leaves"),
        ("[policy]\nmax_harmful_missed = 1.5", "max_harmful_missed"),
        ("[policy]\nbudget = 1", r"\[policy\]: unknown key budget"),
    ],
)
def test_a_malformed_recipe_is_named(load, text, place):
    with pytest.raises(RecipeError, match=f"mine.*{place}"):
        load(text)


def test_a_recipe_in_another_encoding_is_named(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(b"name = 'caf\xe9'")
    with pytest.raises(RecipeError, match="mine"):
        load_recipe(path)


def test_a_missing_recipe_is_named():
    with pytest.raises(RecipeError, match=r"none\.toml: no such recipe"):
        load_recipe("none.toml")
