"""`avow policy check` and `explain`: several files, formats, paths, colours and exit status."""

import json

import pytest

WRONG = ("keeps_days = 0", "keeps_days = 9")
WARNED = ('recipients = ["post"]\n', "")


def test_a_clean_policy_is_said_to_compile(run, write):
    """One line, status 0."""
    write("policy.md")
    result = run("policy", "check", "policy.md")
    assert (result.exit_code, result.output) == (0, "policy.md: compiles, nothing to mend\n")


def test_several_policies_are_checked_in_one_call(run, write):
    """Each finding names its file as it was given; the last line sums up; one error is enough to fail."""
    write("a/policy.md")
    write("b/policy.md", *WRONG)
    result = run("policy", "check", "a/policy.md", "b/policy.md")
    assert result.exit_code == 1
    assert result.output.startswith("a/policy.md: compiles, nothing to mend\nerror[AV0703]")
    assert "--> b/policy.md:" in result.output
    assert result.output.endswith("2 policies checked: 1 error, 0 warnings\n")


def test_a_finding_in_a_shared_file_is_reported_once_at_its_place(run, write):
    """Two policies that include the same file do not double its findings; the path is one that an editor opens."""
    head, _, rest = write("small.md").read_text(encoding="utf-8").partition("## Letters {#letters}")
    letters, _, tail = rest.partition("## Recipients {#recipients}")
    write("shared/letters.md", text=f"## Letters {{#letters}}{letters}".replace('label      = "Your words"', 'lable = "x"'))
    whole = f"{head}{{{{ include ../shared/letters.md }}}}\n\n## Recipients {{#recipients}}{tail}"
    write("a/policy.md", text=whole)
    write("b/policy.md", text=whole)
    report = json.loads(run("policy", "check", "--format", "json", "a/policy.md", "b/policy.md").output)
    assert [(one["code"], one["file"]) for one in report["diagnostics"]] == [("AV0103", "shared/letters.md")]


def test_an_absolute_path_is_shown_from_the_current_folder(run, write):
    """Annotations and code scanning know files by their path within the repository."""
    path = write("a/policy.md", *WRONG)
    assert "file=a/policy.md," in run("policy", "check", "--format", "github", str(path)).output


@pytest.mark.parametrize(("words", "status"), [((), 0), (("--warnings-as-errors",), 1)])
def test_warnings_fail_only_when_asked(run, write, words, status):
    """A warning does not stop a build unless it is to."""
    write("policy.md", *WARNED)
    result = run("policy", "check", *words, "policy.md")
    assert result.exit_code == status
    assert ("error[AV0207]" if status else "warning[AV0207]") in result.output


def test_a_draft_is_judged_by_its_text_alone(run, write):
    """What this version does not carry out yet is no finding, so that a policy can be written ahead."""
    write("policy.md", *WRONG)
    result = run("policy", "check", "--draft", "policy.md")
    assert (result.exit_code, result.output) == (0, "policy.md: compiles, nothing to mend\n")


@pytest.mark.parametrize(
    ("environment", "is_coloured"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "0"}, False), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
)
def test_colours_follow_the_environment(run, write, environment, is_coloured):
    """FORCE_COLOR colours what no terminal reads; NO_COLOR wins."""
    write("policy.md", *WRONG)
    assert ("\x1b[" in run("policy", "check", "policy.md", **environment).output) == is_coloured


@pytest.mark.parametrize("shape", ["json", "sarif"])
def test_a_clean_policy_gives_a_whole_report(run, write, shape):
    """A program need not treat a policy without findings in a way of its own."""
    write("policy.md")
    report = json.loads(run("policy", "check", "--format", shape, "policy.md").output)
    assert (report["diagnostics"] if shape == "json" else report["runs"][0]["results"]) == []


def test_without_a_file_the_configured_policy_is_checked(run, write, folder):
    """The configuration names it."""
    write("ours.md", *WRONG)
    (folder / "avow.toml").write_text(
        'data = "data"\npolicy = "ours.md"\ntimezone = "America/Los_Angeles"\n[website]\nname = "tarn.example"\norigin = "https://tarn.example"\n',
        encoding="utf-8",
    )
    assert "--> ours.md:" in run("policy", "check").output


@pytest.mark.parametrize("written", ["AV0304", "av0304", "0304"])
def test_a_code_is_explained(run, written):
    """In capitals or not, with its letters or without."""
    result = run("policy", "explain", written)
    assert result.exit_code == 0
    assert result.output.startswith("AV0304 (error): prose that keeps data for no definite period\n")


def test_a_misspelt_code_is_told_what_it_may_have_meant(run):
    """Close codes are named, and how to see all."""
    result = run("policy", "explain", "AV034")
    assert result.exit_code == 1
    assert "did you mean AV0334, AV0314, AV0304" in result.output


def test_all_codes_are_listed(run):
    """By group, with severity and what they find."""
    output = run("policy", "explain").output
    assert "AV04: Recipients, sale and sharing\n  AV0401  error" in output
    assert "  AV0205  warning  a data item that no collection point takes\n" in output
