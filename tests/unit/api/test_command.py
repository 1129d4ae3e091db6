"""``langsync api`` against the embedded server and its own reference."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from langsync.local import Fault, LocalServer
from langsync.local.projects import ORGANIZATION_KEYS
from tests.unit.api.conftest import Run
from tests.unit.lost_answers import ALL, lost_answer


def paths(server: LocalServer) -> list[str]:
    """What was asked."""
    return [f"{one.method} {one.path}" for one in server.requests]


def test_everything_is_listed(api: Run, server: LocalServer) -> None:
    """By tag; asked for once, then known, without keys too."""
    out, _ = api()
    assert "\n\nPrompts\n" in out
    rows = json.loads(api("list", "--format", "json")[0])
    assert {"prompts_list", "observations_getMany", "scores_create"} <= {
        row["operation"] for row in rows
    }
    assert {row["tag"] for row in json.loads(api("list", "prompts", "--format", "json")[0])} == {
        "Prompts"
    }
    assert len(server.requests) == 1
    assert "there is no tag" in api("list", "nothing", code=1)[1]


def test_an_operation_is_described(api: Run) -> None:
    """Its parameters, its body, an example."""
    out, _ = api("describe", "scores_create")
    assert "dataType: NUMERIC | CATEGORICAL" in out
    assert "langsync api scores_create --body" in out
    found = json.loads(api("describe", "prompts_list", "--format", "json")[0])
    assert {"page", "limit"} <= {one["name"] for one in found["parameters"]}


def test_a_call_with_parameters(api: Run, server: LocalServer) -> None:
    """Options are parameters; those that mean something here go by --param."""
    words = ("--type=SPAN", "--limit", "3", "--isRootObservation", "-p", "fields=core,io")
    out, _ = api("observations_getMany", *words)
    rows = json.loads(out)["data"]
    assert len(rows) == 3
    assert all(row["type"] == "SPAN" and "input" in row for row in rows)
    assert "isRootObservation=true" in paths(server)[-1]


def test_a_raw_path_needs_no_reference(api: Run, server: LocalServer) -> None:
    """It is called as it is."""
    out, _ = api("get", "/v3/scores?limit=2", "--name", "helpful")
    assert len(json.loads(out)["data"]) == 2
    assert paths(server) == ["GET /api/public/v3/scores?limit=2&name=helpful"]
    for elsewhere in ("/../../x", "/v2/prompts/..", "/v2/./prompts", "/v2/prompts/%2e%2E"):
        assert "below /api/public" in api("DELETE", elsewhere, code=1)[1]
    assert len(paths(server)) == 1


@pytest.mark.parametrize(
    "value",
    ["..", ".", "%2e%2e", ".%2E", "%252e.", "../..", "..\\..", "a/../b", "%2e%2e%2fx", "k/..", ""],
)
def test_no_parameter_of_a_path_leads_elsewhere(
    real_api: Run, server: LocalServer, value: str
) -> None:
    """The project would be deleted in place of its key."""
    words = ("projects_deleteApiKey", "--projectId", "proj-local", f"--apiKeyId={value}")
    told = real_api(*words, code=1)[1]
    assert "lead to another path" in told if value else "--apiKeyId is empty" in told
    assert [one for one in paths(server) if one.startswith("DELETE")] == []


@pytest.mark.parametrize(
    ("path", "limit", "count"), [("/v2/observations", "60", 250), ("/v3/scores", "25", 60)]
)
def test_all_follows_cursors(api: Run, path: str, limit: str, count: int) -> None:
    """Each row once."""
    rows = [
        json.loads(line)
        for line in api("GET", path, "--limit", limit, "--all", "--format", "jsonl")[0].splitlines()
    ]
    assert len({row["id"] for row in rows}) == len(rows) == count


def test_all_follows_pages(api: Run, server: LocalServer) -> None:
    """By their numbers; and a query sees all rows."""
    keys = ("pk-lf-local", "sk-lf-local")
    for number in range(7):
        body = {"name": f"d{number}"}
        httpx.post(f"{server.url}/api/public/v2/datasets", json=body, auth=keys)
    words = ("datasets_list", "--limit", "3", "--all", "--query", "data[].name")
    assert sorted(json.loads(api(*words)[0])) == [f"d{number}" for number in range(7)]


def test_a_body_from_anywhere(api: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON, a file, stdin."""
    import io

    body = json.dumps({"traceId": "t", "name": "n", "value": 1, "id": "mine"})
    (tmp_path / "body.json").write_text(body, "utf-8")
    monkeypatch.setattr("sys.stdin", io.StringIO(body))
    for given in (body, "@body.json", "-"):
        assert json.loads(api("scores_create", "--body", given)[0]) == {"id": "mine"}
    assert "no JSON" in api("scores_create", "--body", "{", code=1)[1]


def test_what_is_wrong_is_told_before_anything_is_sent(api: Run, server: LocalServer) -> None:
    """All of it at once."""
    api()
    server.app.requests.clear()
    body = '{"nam": "n", "value": 1}'
    _, err = api("scores_create", "--body", body, "--force", code=1)
    assert "there is no --force" in err
    assert "did you mean name?" in err
    assert "name is missing: string" in err
    assert not server.requests


def test_errors_are_in_the_words_of_the_server(api: Run) -> None:
    """As it answers."""
    _, err = api("GET", "/v2/observations", "--cursor", "nonsense", code=1)
    assert "Invalid cursor format" in err


@pytest.mark.parametrize(
    ("words", "look"),
    [
        (["scores_create", "--body", '{"traceId": "t", "name": "n", "value": 1}'], "/v3/scores"),
        (["POST", "/v2/datasets", "--body", '{"name": "lost"}'], "/v2/datasets"),
    ],
)
@pytest.mark.parametrize("lost", sorted(ALL.keys() - {"other JSON"}))
def test_a_create_whose_answer_is_lost_is_not_sent_again(
    api: Run, server: LocalServer, lost: str, words: list[str], look: str
) -> None:
    """It may have been done; the error says so, and how to look."""
    api()
    server.app.requests.clear()
    server.faults.add(lost_answer(lost, "POST", "", handled=True))
    error = api(*words, code=1)[1]
    assert sum("POST" in one for one in paths(server)) == 1
    assert "it may have been done" in error
    assert f"'langsync api GET {look}'" in error
    api("GET", look)


def test_an_answer_that_is_not_as_it_should_be_is_shown(
    api: Run, server: LocalServer, tmp_path: Path
) -> None:
    """With a notice; the exit code is 0."""
    api()
    (kept,) = (tmp_path / "cache").glob("reference-*.json")
    found = json.loads(kept.read_bytes())
    schema = {"type": "object", "required": ["nowhere"]}
    answer = found["document"]["paths"]["/api/public/health"]["get"]["responses"]["200"]
    answer["content"]["application/json"]["schema"] = schema
    kept.write_text(json.dumps(found), "utf-8")
    out, err = api("health_health")
    assert json.loads(out)["status"] == "OK"
    assert "not what the API reference says" in err
    assert server.requests


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--nonsense"], "takes no --nonsense"),
        (["--refesh"], "did you mean --refresh?"),
        (["list", "--tag", "Prompts"], "langsync api list TAG"),
        (["list", "--all"], "takes no --all"),
        (["describe", "prompts_list", "--limit", "1"], "takes no --limit"),
        (["describe", "prompts_list", "--body", "{}"], "takes no --body"),
        (["list", "-p", "a=b"], "takes no --param"),
        (["GET", "/v3/scores", "--querry", "x"], "did you mean --query? A parameter of this name"),
        (["scores_create", "--querry", "x"], "did you mean --query?"),
        (["GET", "/v3/scores", "-n", "5"], "no option -n"),
        (["list", "Promts"], "did you mean Prompts?"),
        (["zzz"], "there is no operation 'zzz'. 'langsync api' lists them all"),
    ],
)
def test_what_means_nothing_is_refused(
    api: Run, server: LocalServer, words: list[str], told: str
) -> None:
    """And nothing is sent: a typo is no parameter."""
    assert told in api(*words, code=1)[1]
    assert not [one for one in paths(server) if "openapi" not in one]


def test_lists_and_descriptions_can_be_queried(api: Run) -> None:
    """Their fields chosen, in every format."""
    found = json.loads(api("list", "--query", "[?tag=='Prompts'].operation")[0])
    assert "prompts_list" in found
    rows = api("list", "Health", "--fields", "operation,path", "--format", "csv")[0]
    assert rows == "operation,path\nhealth_health,/health\n"
    (line,) = api("describe", "health_health", "--format", "jsonl")[0].splitlines()
    assert json.loads(line)["method"] == "GET"
    assert api("describe", "health_health", "--format", "csv")[0].startswith("operation,method")
    assert "GET /health" in api("describe", "health_health", "--format", "table")[0]


def test_a_parameter_needs_a_value(api: Run, server: LocalServer) -> None:
    """Unless it is true or false."""
    err = api("observations_getMany", "--name", "--limit", "1", code=1)[1]
    assert "--name needs a value" in err
    assert "--name needs a value" in api("GET", "/v3/scores", "--name", "--limit", "1", code=1)[1]
    assert len(paths(server)) == 1
    out = api("observations_getMany", "--isRootObservation", "--limit=1", "--name", "none")[0]
    assert json.loads(out)["data"] == []


def test_a_parameter_of_the_name_of_an_option_is_given_by_p(
    real_api: Run, server: LocalServer
) -> None:
    """The description, the example and the error say so."""
    words = ("metrics_metrics", "--query", "data")
    assert "-p query=… is missing: string" in real_api(*words, code=1)[1]
    text = real_api("describe", "metrics_metrics")[0]
    assert "  -p query=…*: string" in text
    assert "(--query without -p: what of the answer is shown)" in text
    assert "langsync api metrics_metrics -p query=text" in text
    out, err = real_api("observations_getMany", "--limit", "1", "--fields", "core,id")
    assert json.loads(out)[0]["core"] is None
    assert "--fields: 'core' finds nothing in any row" in err
    assert "the parameter of this name is -p fields=…" in err
    assert len(paths(server)) == 1


def test_a_deprecated_operation_says_what_to_use(real_api: Run, server: LocalServer) -> None:
    """It is called all the same."""
    out, err = real_api("scores_get-many", "--limit", "1", code=1)
    assert "scores_get-many is deprecated: use scoresV3_getManyV3." in err
    assert not out
    assert paths(server) == ["GET /api/public/v2/scores?limit=1"]


@pytest.mark.parametrize("option", [(), ("--format", "json")])
def test_nothing_is_written_to_another_project(
    api: Run, server: LocalServer, tmp_path: Path, option: tuple[str, ...]
) -> None:
    """Than the one that langsync.yaml names; it can be looked at."""
    (tmp_path / "langsync.yaml").write_text("version: 1\nproject: other\n", "utf-8")
    words = ("--body", '{"name": "x"}', *option)
    assert "belong to project" in api("POST", "/v2/datasets", *words, code=3)[1]
    assert "belong to project" in api("datasets_create", *words, code=3)[1]
    assert not [one for one in paths(server) if "POST" in one]
    api("datasets_list", *option)
    (tmp_path / "langsync.yaml").write_text(
        f"version: 1\nproject: {server.projects[0].name}\n", "utf-8"
    )
    api("datasets_create", *words)


def test_operations_of_an_organization_take_its_keys(
    real_api: Run, server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where they are not set, a refusal says how to set them."""
    words = ("projects_getApiKeys", "--projectId", server.projects[0].id)
    for call in (words, ("GET", f"/projects/{server.projects[0].id}/apiKeys")):
        assert (
            "set LANGFUSE_ORG_PUBLIC_KEY and LANGFUSE_ORG_SECRET_KEY" in real_api(*call, code=1)[1]
        )
    monkeypatch.setenv("LANGFUSE_ORG_PUBLIC_KEY", ORGANIZATION_KEYS[0])
    monkeypatch.setenv("LANGFUSE_ORG_SECRET_KEY", ORGANIZATION_KEYS[1])
    assert "apiKeys" in json.loads(real_api(*words)[0])


def test_a_path_that_is_not_there_is_told(api: Run, server: LocalServer) -> None:
    """With what is near; a path of the reference that answers with a page is another matter."""
    err = api("GET", "/nope", code=1)[1]
    assert "the API has no GET /nope. 'langsync api' lists what it has" in err
    assert "did you mean GET /v2/prompts" in api("GET", "/v2/prompt", code=1)[1]
    assert "base URL" not in err
    server.faults.add(Fault("GET", "/v2/prompts", status=404, body="<html>"))
    assert "base URL" in api("GET", "/v2/prompts", code=1)[1]


def test_pages_without_an_end_are_left(api: Run, server: LocalServer) -> None:
    """A cursor, or a page, that comes again."""
    for meta in ({"cursor": "same"}, {"page": 1, "totalPages": 9}):
        server.faults.clear()
        body = {"data": [{"id": "a"}], "meta": meta}
        server.faults.add(Fault("GET", "/v3/scores", times=5, status=200, body=body))
        assert "again: the list has no end" in api("GET", "/v3/scores", "--all", code=1)[1]
    server.faults.clear()
    body = {"data": [], "meta": {"page": 1, "totalPages": 9}}
    server.faults.add(Fault("GET", "/v3/scores", times=5, status=200, body=body))
    assert json.loads(api("GET", "/v3/scores", "--all")[0])["data"] == []


def test_json_lines_are_written_page_by_page(api: Run, server: LocalServer) -> None:
    """What came before a failure is there."""
    server.faults.add(Fault("GET", "/v3/scores", skip=2, status=400, times=None))
    words = ("GET", "/v3/scores", "--limit", "10", "--all", "--format", "jsonl", "--fields", "id")
    out, err = api(*words, code=1)
    assert len(out.splitlines()) == 20
    assert "fault" in err


def test_tables_and_csv(api: Run) -> None:
    """The rows of a list; an object as its fields, whole."""
    words = ("GET", "/v3/scores", "--limit", "2")
    header, *rows = api(*words, "--format", "csv")[0].splitlines()
    assert header.startswith("id,")
    assert len(rows) == 2
    header, *rows = api(*words, "--format", "table", "--fields", "id,name")[0].splitlines()
    assert header.split() == ["id", "name"]
    assert len(rows) == 2
    assert api(*words, "--fields", "name", "--format", "jsonl")[0].count("\n") == 2
    out = api("health_health", "--format", "table")[0]
    assert out.splitlines()[0] == "status   OK"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('{"value": 18446744073709551616}', "integer past 64 bits"),
        ('{"value": [-9223372036854775809]}', "integer past 64 bits"),
        ('{"value": ' + "9" * 99 + "}", "integer past 64 bits"),
        ("[" * 500 + "]" * 500, "nested too deeply"),
        ("[" * 1000 + "]" * 1000, "nested too deeply"),
        ("[" * 9000, "no JSON"),
        ("{", "no JSON"),
        ('{"value": NaN}', "no JSON"),
    ],
)
def test_a_body_is_sent_as_it_is_or_not_at_all(
    api: Run, server: LocalServer, body: str, told: str
) -> None:
    """An integer would lose digits."""
    assert told in api("POST", "/scores", "--body", body, code=1)[1]
    assert not server.requests


def test_a_query_of_any_depth_is_told(api: Run) -> None:
    """Without a traceback."""
    words = ("GET", "/v3/scores", "--limit", "1", "--query", "(" * 20_000)
    assert "the limit is 2,000 characters" in api(*words, code=1)[1]
    assert "nested too deeply" in api(*words[:-1], "(" * 1_999, code=1)[1]
