"""The snippets of the documentation, and what kind of thing each is."""

import dataclasses
import pathlib
import re
import textwrap

import ruamel.yaml

# A fenced block, which an HTML comment right above may take out: <!-- not run: why -->
BLOCK = re.compile(
    r"^(?:<!-- not run: (?P<reason>[^\n]+?) -->\n+)?"
    r"(?P<indent> *)```(?P<language>yaml|yml|sh|bash|shell|groovy|kotlin)\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)


@dataclasses.dataclass(frozen=True)
class Snippet:
    """A block of a page that somebody will copy."""

    page: str
    line: int
    kind: str  # workflow, steps, gitlab, docker, or the module of an emulated CI system
    text: str
    reason: str | None  # why it is not run

    def __str__(self):
        return f"{self.page}:{self.line}:{self.kind}"

    def stops(self):
        """Whether it stops a run that another step has started."""
        return re.search(r"\bmode: stop\b|YUNXIAO_MODE(=|, value: )stop\b", self.text) is not None

    def only_stops(self):
        """Whether that step is not in it: each that starts a run here waits for it."""
        return self.stops() and re.search(r"\bwait: |YUNXIAO_WAIT\b", self.text) is None


# The pages of CI systems that are emulated here.
EMULATED = {path.stem for path in (pathlib.Path(__file__).parent / "systems").glob("*.py")}


def kind_of(language, text, page):
    """What runs a block; None: nobody here, it is not about containers."""
    system = pathlib.PurePath(page).name.split(".")[0]
    if "docs/hosts/" in page and system in EMULATED:
        return "woodpecker" if system == "drone" and "kind: pipeline" not in text else system
    if language not in ("yaml", "yml"):
        return "docker" if re.search(r"\bdocker run\b", text) else None
    parsed = ruamel.yaml.YAML(typ="safe").load(text)
    if isinstance(parsed, list):
        return "steps"
    if "step: Command" in text:
        return "flow"
    if "jobs" in parsed:
        return "workflow"
    if "steps" in parsed:
        return "steps"
    if "include" in parsed or any(isinstance(value, dict) and "script" in value for value in parsed.values()):
        return "gitlab"
    return "unknown"


def snippets(path, name):
    """The snippets of a page."""
    page = path.read_text()
    for found in BLOCK.finditer(page):
        text = textwrap.dedent(found["text"])
        reason = found["reason"]
        kind = kind_of(found["language"], text, name) if not reason else "not run"
        if kind:
            yield Snippet(name, page.count("\n", 0, found.start("text")), kind, text, reason)


# An id or an address in a page is an example; these are the simulator's.
EXAMPLES = [
    (re.compile(r"""((?<![\w-])(?:YUNXIAO_)?endpoint["']?\s*[:=]\s*)(?!["']?\$)[^\s\\]+""", re.IGNORECASE), "ENDPOINT"),
    (re.compile(r"""(organization[-_]id["']?\s*[:=]\s*)(?!["']?\$)[^\s\\]+""", re.IGNORECASE), "ORGANIZATION_ID"),
    (re.compile(r"""((?<![\w-])(?:YUNXIAO_)?pipeline[-_]id["']?\s*[:=]\s*)(?!["']?\$)[^\s\\]+""", re.IGNORECASE), "PIPELINE_ID"),
]


def with_ids(text, values):
    """A snippet with the simulator's ids instead of its examples. Those of a matrix are several."""
    for pattern, name in EXAMPLES if "matrix:" not in text else ():
        text = pattern.sub(lambda found, value=values[name]: f'{found[1]}"{value}"', text)
    return text


def as_workflow(snippet):
    """The workflow that a snippet is, or whose steps it is."""
    if snippet.kind == "workflow":
        return snippet.text
    steps = snippet.text if snippet.text.lstrip().startswith("steps:") else "steps:\n" + snippet.text
    return "on: push\njobs:\n  snippet:\n    runs-on: ubuntu-latest\n" + textwrap.indent(steps, "    ")


def manual_jobs(text):
    """The jobs of a snippet for GitLab that wait for somebody to start them."""
    jobs = ruamel.yaml.YAML(typ="safe").load(text)
    return [name for name, job in jobs.items() if isinstance(job, dict) and job.get("when") == "manual"]


def names(text, context):
    """The names that an expression takes from a context: secrets or vars."""
    found = set(re.findall(rf"\b{context}\.(\w+)", text))
    if f"{context}[matrix.token]" in text:
        found |= set(re.findall(r"token: (\w+)", text))
    return sorted(found - {"GITHUB_TOKEN"})


def value_for(name, values):
    """The value of a secret or variable, by the end of its name."""
    for ending, value in values.items():
        if name.upper().endswith(ending):
            return value
    raise KeyError(f"{name}: call it after what it holds: {', '.join(values)}")
