"""A web page in the developer's browser reaches nothing of the embedded server.

A page of a foreign name tries everything that a page can do, in a real browser, whose own checks of
access to the local network are off: they are new, and no other browser has all of them.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from langsync.local import LocalProject, LocalServer

FOREIGN = "evil.example"
KEYS = (LocalProject().public_key, LocalProject().secret_key)
PAGE = "<!doctype html><meta charset=utf-8><title>page</title><iframe name=sink></iframe>"
BODY = json.dumps({"name": "from-a-page", "prompt": "x", "labels": ["production"]})

ATTEMPTS = """async ([base, keys, body]) => {
  const results = {};
  const authorization = "Basic " + btoa(keys.join(":"));
  const url = base + "/api/public/v2/prompts";
  const within = url.replace("://", `://${keys.join(":")}@`);
  const attempt = async (name, act) => {
    try { results[name] = await act(); } catch (error) { results[name] = "blocked"; }
  };
  const send = (target, options) => fetch(target, options).then(async answer =>
    answer.type === "opaque" ? "opaque" : [answer.status, await answer.text()].join(" "));
  const event = element => new Promise(resolve => {
    element.onload = () => resolve("loaded");
    element.onerror = () => resolve("blocked");
    document.body.append(element);
  });
  await attempt("read", () => send(url, {headers: {authorization}}));
  await attempt("read without keys", () => send(base + "/api/public/health"));
  await attempt("read the reference", () => send(base + "/generated/api/openapi.yml"));
  await attempt("read the log", () => send(base + "/_langsync/requests"));
  await attempt("write JSON", () => send(url, {method: "POST", body,
    headers: {authorization, "content-type": "application/json"}}));
  await attempt("delete", () => send(url + "/kept", {method: "DELETE", headers: {authorization}}));
  await attempt("forget the log", () => send(base + "/_langsync/requests", {method: "DELETE"}));
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
    await attempt("write " + type, () => send(url, {method: "POST", mode: "no-cors", body,
      credentials: "include", headers: {"content-type": type}}));
    await attempt("write with keys, " + type, () => send(url, {method: "POST", body,
      headers: {authorization, "content-type": type}}));
  }
  await attempt("write without a type", () => send(url, {method: "POST", mode: "no-cors",
    body: new Blob([body]), credentials: "include"}));
  await attempt("write a blob", () => send(url, {method: "POST", mode: "no-cors",
    body: new Blob([body], {type: "application/json"}), credentials: "include"}));
  await attempt("beacon", () => String(navigator.sendBeacon(url, body) && "opaque"));
  await attempt("image", () => event(Object.assign(new Image(), {src: url})));
  const script = document.createElement("script");
  script.src = base + "/api/public/health";
  await attempt("script", () => event(script));
  await attempt("socket", () => new Promise(resolve => {
    const socket = new WebSocket(base.replace("http", "ws") + "/api/public/health");
    socket.onopen = () => resolve("open");
    socket.onerror = () => resolve("blocked");
  }));
  await attempt("events", () => new Promise(resolve => {
    const source = new EventSource(url);
    source.onopen = () => resolve("open");
    source.onerror = () => { source.close(); resolve("blocked"); };
  }));
  for (const target of [url, within]) {
    const form = document.createElement("form");
    Object.assign(form, {method: "post", action: target, enctype: "text/plain", target: "sink"});
    const field = document.createElement("input");
    [field.name, field.value] = [body.slice(0, -1) + ',"commitMessage":"', '"}'];
    form.append(field);
    document.body.append(form);
    await attempt("form", async () => {
      const frame = document.querySelector("iframe");
      const done = new Promise(resolve => { frame.onload = frame.onerror = resolve; });
      form.submit();
      await Promise.race([done, new Promise(resolve => setTimeout(resolve, 3000))]);
      return frame.contentDocument ? frame.contentDocument.body.innerText : "blocked";
    });
  }
  return results;
}"""
"""What a page tries; gives what came of each."""

USE = """async ([base, keys, body]) => {
  const url = base + "/api/public/v2/prompts";
  const headers = {authorization: "Basic " + btoa(keys.join(":")),
                   "content-type": "application/json"};
  const written = await fetch(url, {method: "POST", headers, body});
  const read = await fetch(url + "/from-a-page?label=production", {headers});
  return [written.status, (await read.json()).prompt];
}"""
"""What an application does that uses Langfuse from the browser."""


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE.encode())

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium, to which the foreign name is this machine."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("there is no Chromium")
    checks = (
        "LocalNetworkAccessChecks,PrivateNetworkAccessChecks,BlockInsecurePrivateNetworkRequests"
    )
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=program,
            args=[
                "--no-sandbox",
                "--disable-dev-shm-usage",
                f"--host-resolver-rules=MAP *{FOREIGN} 127.0.0.1",
                f"--disable-features={checks}",
            ],
        )
        yield running
        running.close()


@pytest.fixture(scope="module")
def site() -> Iterator[int]:
    """A server of web pages; its port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture
def target() -> Iterator[LocalServer]:
    """An embedded server that holds one prompt."""
    with LocalServer() as server:
        url = f"{server.url}/api/public/v2/prompts"
        httpx.post(url, json={"name": "kept", "prompt": "secret-text"}, auth=KEYS)
        server.app.requests.clear()
        yield server


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page()
    opened.set_default_timeout(120_000)
    yield opened
    opened.close()


def held(server: LocalServer) -> dict[str, str]:
    """The prompts that the server holds, by name."""
    url = f"{server.url}/api/public/v2/prompts"
    names = [one["name"] for one in httpx.get(url, auth=KEYS).json()["data"]]
    return {
        name: httpx.get(f"{url}/{name}?label=latest", auth=KEYS).json()["prompt"] for name in names
    }


def check_nothing_was_reached(server: LocalServer, results: dict[str, Any]) -> None:
    """Every request was refused, nothing could be read, and what is held is as before."""
    assert {name: got for name, got in results.items() if got not in ("blocked", "opaque")} == {}
    sent = [one for one in server.requests if one.path != "/favicon.ico"]
    assert len(sent) > 10  # it was tried
    assert {one.status for one in sent} <= {403, 415}
    assert held(server) == {"kept": "secret-text"}


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_foreign_page_reaches_nothing(
    page: Page, site: int, target: LocalServer, name: str
) -> None:
    """By any way that a browser has, with the keys that everybody knows."""
    page.goto(f"http://{FOREIGN}:{site}/")
    base = target.url.replace("127.0.0.1", name)
    check_nothing_was_reached(target, page.evaluate(ATTEMPTS, [base, KEYS, BODY]))


def test_a_page_whose_name_is_rebound_reaches_nothing(page: Page, target: LocalServer) -> None:
    """Its name resolved to its own server first, and to this machine then: all is one origin."""
    base = target.url.replace("127.0.0.1", FOREIGN)
    page.route(f"{base}/", lambda route: route.fulfill(body=PAGE, content_type="text/html"))
    page.goto(f"{base}/")
    results: dict[str, str] = page.evaluate(ATTEMPTS, [base, KEYS, BODY])
    refused = {name: got for name, got in results.items() if "does not answer" in got}
    assert {"read", "read without keys", "write JSON", "delete", "read the log"} <= refused.keys()
    others = {name: got for name, got in results.items() if name not in refused}
    check_nothing_was_reached(target, others)


@pytest.mark.parametrize("path", ["/api/public/health", "/_langsync/requests"])
def test_nobody_is_led_to_the_server_from_a_foreign_page(
    page: Page, site: int, target: LocalServer, path: str
) -> None:
    """Neither by a link nor in a frame, with keys in the address."""
    page.goto(f"http://{FOREIGN}:{site}/")
    address = target.url.replace("://", f"://{':'.join(KEYS)}@") + path
    with page.expect_navigation():
        page.evaluate("address => { location.href = address }", address)
    assert "does not answer" in page.inner_text("body")
    assert {one.status for one in target.requests if one.path == path} == {403}


def test_an_application_of_the_developer_works(page: Page, site: int, target: LocalServer) -> None:
    """On another port of this machine: it reads and writes."""
    page.goto(f"http://localhost:{site}/")
    assert page.evaluate(USE, [target.url, KEYS, BODY]) == [201, "x"]


def test_an_application_that_was_named_works(page: Page, site: int) -> None:
    """Wherever it is; another page of the same site does not."""
    with LocalServer(allow_origins=[f"http://app.{FOREIGN}:{site}"]) as server:
        page.goto(f"http://app.{FOREIGN}:{site}/")
        assert page.evaluate(USE, [server.url, KEYS, BODY]) == [201, "x"]
        page.goto(f"http://{FOREIGN}:{site}/")
        with pytest.raises(Exception, match="Failed to fetch"):
            page.evaluate(USE, [server.url, KEYS, BODY])
