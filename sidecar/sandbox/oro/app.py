"""The stand-in as a Flask application, for test clients and any WSGI server."""

from __future__ import annotations

from flask import Flask, Response
from flask import request as flask_request

from sidecar.sandbox.oro.answers import Request
from sidecar.sandbox.oro.gateway import Gateway
from sidecar.sandbox.oro.shop import OroShop

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def create_app(shop: OroShop) -> Flask:
    """A WSGI app of one shop. What only a socket can do (dropping, truncating) needs `serve`: here it raises."""
    app = Flask("oro-stand-in", static_folder=None)
    gateway = Gateway(shop)

    @app.route("/", defaults={"path": ""}, methods=_METHODS, provide_automatic_options=False)
    @app.route("/<path:path>", methods=_METHODS, provide_automatic_options=False)
    def everything(path: str) -> Response:
        environ = flask_request.environ
        target = environ.get("RAW_URI") or environ.get("REQUEST_URI") or flask_request.full_path.rstrip("?")
        headers = {name.lower(): value for name, value in flask_request.headers.items()}
        answer = gateway.handle(Request(flask_request.method, target, headers, flask_request.get_data()))
        if answer.wait:
            shop.closing.wait(answer.wait)
        if answer.cut == "drop":
            raise ConnectionAbortedError("the stand-in dropped the connection")
        body = answer.body[: len(answer.body) // 2] if answer.cut == "truncate" else answer.body
        response = Response(body, answer.status)
        response.headers.pop("Content-Type", None)
        for name, value in answer.headers:
            response.headers[name] = value
        return response

    return app
