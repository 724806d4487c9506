"""From one HTTP request to one answer: URL limit, token, media types, role, faults, then the resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from sidecar.sandbox.oro import backoffice, control
from sidecar.sandbox.oro.answers import (
    FAULT_ANSWERS,
    JSON_API,
    PREFIX,
    TOKEN_PATH,
    URL_LIMIT,
    WRITES,
    Answer,
    Headers,
    Request,
    base_url,
    bearer,
    html,
    is_plain,
    json_answer,
    not_claimed,
    read_body,
    server_error,
    wrong_media,
)
from sidecar.sandbox.oro.documents import write_document
from sidecar.sandbox.oro.errors import (
    EmptyAnswer,
    Problem,
    Refused,
    access_denied,
    not_allowed,
    not_found,
    switched_off,
)
from sidecar.sandbox.oro.faults import AFTER, Fault
from sidecar.sandbox.oro.jsonapi import Renderer, page_links
from sidecar.sandbox.oro.query import page_of, parse_query, select
from sidecar.sandbox.oro.schema import ResourceType
from sidecar.sandbox.oro.shop import OroShop
from sidecar.sandbox.oro.store import Record


class Gateway:
    """Answers requests for one shop; safe to call from many threads."""

    def __init__(self, shop: OroShop) -> None:
        self.shop = shop

    def handle(self, request: Request) -> Answer:
        path, _, query = request.target.partition("?")
        if path.startswith(control.PREFIX):
            status, content = control.answer(self.shop, request.method, path, request.body)
            return json_answer(status, content, "application/json")
        if len(request.target) > URL_LIMIT:
            return html(414, "Request-URI Too Large")
        type_ = "token" if path == TOKEN_PATH else path.removeprefix(PREFIX).partition("/")[0]
        self._count(request.method, type_)
        struck = (
            self.shop.faults.strike(request.method, type_, request.target, request.body) if self.shop.faults else ()
        )
        answer = self._with_faults(request, path, query, type_, struck)
        self.shop.count(f"status {answer.status}")
        return answer

    def _count(self, method: str, type_: str) -> None:
        if type_ == "token":
            self.shop.count("tokens")
        else:
            self.shop.count("writes" if method in WRITES else "reads", f"{method} {type_}")

    def _with_faults(
        self, request: Request, path: str, query: str, type_: str, struck: list[Fault] | tuple[()]
    ) -> Answer:
        for fault in struck:
            if fault.kind == "slow":
                self.shop.closing.wait(fault.seconds)
            elif fault.kind not in AFTER:
                return self._before(fault, request, path, query, type_)
        answer = self._answer(request, path, query, type_)
        for fault in struck:
            if fault.kind == "timeout_after":
                return replace(answer, wait=fault.seconds, cut="drop")
            if fault.kind == "drop_after":
                return replace(answer, cut="drop")
            if fault.kind == "truncate":
                return replace(answer, cut="truncate")
            if fault.kind == "error500_after":
                return server_error()
        return answer

    def _before(self, fault: Fault, request: Request, path: str, query: str, type_: str) -> Answer:
        simple = FAULT_ANSWERS.get(fault.kind)
        if simple is not None:
            return simple(fault)
        if fault.kind == "unauthorized_once":
            # The token is worthless from now on, so that only a fresh one helps.
            self.shop.tokens.revoke(bearer(request.headers))
            return Answer(401, (("Content-Type", JSON_API),))
        if fault.kind == "conflict409":
            return self._problems(request, Problem(409, fault.title, fault.detail))
        if fault.kind == "forbidden403":
            return self._problems(request, access_denied())
        if fault.kind == "api_off" and type_ == "token":
            return self._refused_token()
        if fault.kind == "api_off" or (type_ in self.shop.kinds and self.shop.kinds[type_].of_bundle):
            return self._problems(request, switched_off())
        return self._answer(request, path, query, type_)

    def _answer(self, request: Request, path: str, query: str, type_: str) -> Answer:
        if type_ == "token":
            return self._token(request)
        if not path.startswith(PREFIX):
            return html(404, "Not Found")
        try:
            return self._api(request, path, query)
        except EmptyAnswer as empty:
            return Answer(empty.status, (("Content-Type", JSON_API), *empty.headers))
        except Refused as refused:
            return self._problems(request, *refused.problems)

    def _token(self, request: Request) -> Answer:
        if request.method != "POST":
            return json_answer(405, {"code": 405}, "application/json", (("Allow", "POST, OPTIONS"),))
        if not self.shop.api_enabled:
            return self._refused_token()
        status, media, content = self.shop.tokens.answer(request.headers, request.body)
        return json_answer(status, content, media)

    def _refused_token(self) -> Answer:
        status, media, content = self.shop.tokens.refusal()
        return json_answer(status, content, media)

    def _problems(self, request: Request, *problems: Problem) -> Answer:
        if request.method in WRITES:
            self.shop.count_refusals([problem.title for problem in problems])
        if is_plain(request.headers):
            return json_answer(problems[0].status, [p.rendered(plain=True) for p in problems], "application/json")
        # Several statuses at once are answered as 400 ([97]).
        status = problems[0].status if len({problem.status for problem in problems}) == 1 else 400
        return json_answer(status, {"errors": [problem.rendered(plain=False) for problem in problems]})

    def _api(self, request: Request, path: str, query: str) -> Answer:
        token = bearer(request.headers)
        if token is None:
            raise EmptyAnswer(401, (("WWW-Authenticate", "Bearer"),))
        if not self.shop.tokens.valid(token):
            raise EmptyAnswer(401)
        unreadable = wrong_media(request)
        if unreadable is not None:
            return json_answer(unreadable.status, [unreadable.rendered(plain=True)], "application/json")
        if not self.shop.api_enabled:
            raise Refused(switched_off())
        type_, _, rest = path[len(PREFIX) :].strip("/").partition("/")
        kind = self.shop.kinds.get(type_)
        if kind is None or (kind.of_bundle and not self.shop.bundle_installed):
            raise Refused(Problem(404, "entity type constraint", f"Unknown entity type: {type_}."))
        if kind.of_bundle:
            self._check_bundle_access(request.method)
        return self._resource(request, kind, rest, query)

    def _check_bundle_access(self, method: str) -> None:
        if not self.shop.bundle_enabled:
            raise Refused(switched_off())
        if self.shop.role == "none" or (self.shop.role == "read_only" and method in WRITES):
            raise Refused(access_denied())

    def _resource(self, request: Request, kind: ResourceType, rest: str, query: str) -> Answer:
        id_, _, below = unquote(rest).partition("/")
        allowed = kind.item_methods if id_ else kind.collection_methods
        if below:
            allowed = ("OPTIONS", "GET")
        if request.method == "OPTIONS":
            return Answer(200, (("Content-Type", JSON_API), ("Allow", ", ".join(allowed))))
        if request.method not in allowed:
            raise not_allowed(*allowed)
        if below:
            raise not_claimed(request, "relationship URLs")
        if id_:
            return self._item(request, kind, id_, query)
        if request.method == "GET":
            return self._list(request, kind, query)
        if request.method == "POST" and kind.of_bundle:
            return self._write(request, kind, query, None)
        raise not_claimed(request, kind.name)

    def _item(self, request: Request, kind: ResourceType, id_: str, query: str) -> Answer:
        if not kind.text_id and not id_.lstrip("-").isdigit():
            detail = f'Expected integer value. Given "{id_}".'
            raise Refused(Problem(400, "entity identifier constraint", detail))
        with self.shop.lock:
            record = self.shop.tables[kind.name].get(id_)
        if record is None:
            raise Refused(not_found())
        if request.method == "GET":
            return self._get(request, kind, query, record)
        if kind.of_bundle:
            return self._write(request, kind, query, record)
        return self._backoffice(request, kind, query, record)

    def _list(self, request: Request, kind: ResourceType, text: str) -> Answer:
        query = parse_query(kind, text, listing=True)
        options = request.headers.get("x-include", "")
        renderer = self._renderer(request, query.fields, options)
        headers: Headers = ()
        with self.shop.lock:
            found = select(self.shop.tables[kind.name], self.shop.tables, query)
            page = page_of(found, query)
            if is_plain(request.headers):
                return json_answer(200, [renderer.plain(record) for record in page], "application/json")
            content: dict[str, Any] = {"data": [renderer.resource(record) for record in page]}
            included = renderer.included(page, query.include)
        if included:
            content["included"] = included
        if renderer.base is not None:
            content["links"] = page_links(renderer.base, kind.name, query, len(found))
        if "totalCount" in options:
            headers = (("X-Include-Total-Count", str(len(found))),)
        return json_answer(200, content, headers=headers)

    def _get(self, request: Request, kind: ResourceType, text: str, record: Record, status: int = 200) -> Answer:
        query = parse_query(kind, text, listing=False)
        renderer = self._renderer(request, query.fields, request.headers.get("x-include", ""))
        with self.shop.lock:
            if is_plain(request.headers):
                return json_answer(status, renderer.plain(record), "application/json")
            content: dict[str, Any] = {"data": renderer.resource(record)}
            included = renderer.included([record], query.include)
        if included:
            content["included"] = included
        if renderer.base is not None:
            content["links"] = {"self": f"{renderer.base}/{kind.name}"}
        return json_answer(status, content)

    def _renderer(self, request: Request, fields: Mapping[str, frozenset[str]], options: str) -> Renderer:
        base = None if "noHateoas" in options else base_url(request)
        return Renderer(self.shop.kinds, self.shop.tables, fields, base)

    def _write(self, request: Request, kind: ResourceType, text: str, target: Record | None) -> Answer:
        body = read_body(request)
        query = parse_query(kind, text, listing=False)
        created, drafts = write_document(self.shop, kind.name, body, target)
        renderer = self._renderer(request, query.fields, request.headers.get("x-include", ""))
        tables = self.shop.tables
        with self.shop.lock:
            primary, *others = drafts
            content: dict[str, Any] = {"data": renderer.resource(tables[kind.name].rows[primary.id])}
            included = [
                renderer.resource(record, {"includeId": draft.local_id})
                for draft in others
                if (record := tables[draft.type].get(draft.id)) is not None
            ]
        if included:
            content["included"] = included
        if renderer.base is not None:
            content["links"] = {"self": f"{renderer.base}/{kind.name}"}
        headers: Headers = (("Location", f"{base_url(request)}/{kind.name}/{drafts[0].id}"),) if created else ()
        return json_answer(201 if created else 200, content, headers=headers)

    def _backoffice(self, request: Request, kind: ResourceType, text: str, record: Record) -> Answer:
        if request.method == "DELETE" and kind.name in backoffice.DELETED:
            with self.shop.lock:
                backoffice.delete(self.shop, record)
            return Answer(204)
        if request.method == "PATCH" and kind.name in backoffice.PATCHED:
            body = read_body(request)
            with self.shop.lock:
                backoffice.patch(self.shop, record, body)
            return self._get(request, kind, text, record)
        raise not_claimed(request, kind.name)
