#!/usr/bin/env python3
"""alpr_api: licence plates read on the LAN, in the answers that CodeProject.AI's clients expect.

The command line, the application and its routes; what a route does is in ``alpr/``.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from typing import Any

from flask import Flask, Response, g, jsonify, render_template, request

from alpr import REPOSITORY, __version__, command_line, images
from alpr.archive import command as archive
from alpr.engines import masked_json_config, open_engine, run_worker_if_asked
from alpr.engines.base import Engine
from alpr.errors import RequestError
from alpr.folders import bundle_folder
from alpr.formats.catalogue import all_regions
from alpr.recognition import Result
from alpr.server import listening, process
from alpr.server.http_task import PATH_IS_UNKNOWN, REFUSAL
from alpr.server.path_normalizer import PathNormalizer
from alpr.server.waitress_server import serve
from alpr.service import metrics, refusals, request_log
from alpr.service.access import KEY_FIELD, Access
from alpr.service.request_log import RequestLog, RequestRecord
from alpr.service.service import Service
from alpr.settings import Settings, loading
from alpr.wire import codeproject, codeproject_status, openapi, paths, plate_recognizer, uploads
from alpr.wire.regions import region_list
from alpr.wire.static_files import StaticFiles

SERVE_HELP = (
    "Serves licence plates over HTTP until it is told to stop. This is the default command."
)
JSON = "application/json"
DEFAULT_MIN_CONFIDENCE = 0.4
PAGE_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'"
)


class Routes:
    """The views: each returns the answer of its route."""

    def __init__(
        self, settings: Settings, engine: Engine, service: Service, log: RequestLog
    ) -> None:
        self._settings = settings
        self._engine = engine
        self._service = service
        self._log = log
        self._started = datetime.now(timezone.utc)

    def plates(self) -> Response:
        result = self._recognise_plates(self._upload())
        return jsonify(codeproject.plates(result, g.request_id))

    def boxes(self) -> Response:
        upload = self._upload()
        min_confidence = upload.fraction("min_confidence", DEFAULT_MIN_CONFIDENCE)
        result = self._recognise(upload)
        wanted = min_confidence, self._settings.box_label
        return jsonify(codeproject.boxes(result, *wanted, g.request_id))

    def plate_reader(self) -> Response:
        upload = self._upload()
        result = self._recognise_plates(upload)
        calls = self._engine.status().calls
        now = datetime.now(timezone.utc).isoformat()
        sent = upload.filename, upload.values
        return jsonify(plate_recognizer.results(result, calls, *sent, now))

    def plate_reader_info(self) -> Response:
        return jsonify(plate_recognizer.info(self._engine.status().calls))

    def plate_reader_statistics(self) -> Response:
        now = datetime.now(timezone.utc)
        return jsonify(plate_recognizer.statistics(self._engine.status().calls, now))

    def grid_debug(self) -> Response:
        drawing = self._service.draw_grid(self._upload())
        return jsonify(codeproject.grid_drawing(drawing, g.request_id))

    def model_list(self) -> Response:
        return jsonify(codeproject_status.model_list(g.request_id))

    def module_list(self) -> Response:
        return jsonify(codeproject_status.module_list(self._engine.status(), self._started))

    def readyz(self) -> Response:
        status = self._engine.status()
        response = jsonify(codeproject_status.engine_status(status))
        if not status.ready:
            response.status_code = 503
            response.headers["Retry-After"] = "5"
        return response

    def metrics(self) -> Response:
        return Response(self._service.metrics.render(), content_type=metrics.CONTENT_TYPE)

    def index(self) -> Response:
        shown = {"settings": self._settings, "regions": all_regions().values()}
        about = {"version": __version__, "repository": REPOSITORY, "heic": images.reads_heic()}
        text = render_template("index.html", **about, **shown)
        return Response(
            text, mimetype="text/html", headers={"Content-Security-Policy": PAGE_POLICY}
        )

    def recent(self) -> Response:
        return jsonify(self._log.recent.body())

    def settings(self) -> Response:
        """The settings in force, without secrets."""
        return jsonify(loading.masked(self._settings, masked_json_config(self._settings)))

    def _upload(self) -> uploads.Upload:
        content = _read_body(self._service)
        query = uploads.from_query(request.args.items(multi=True))
        del g.body  # Only the upload holds the image now, and gives it away.
        return uploads.first_image(content.files, {**content.values, **query})

    def _recognise(self, upload: uploads.Upload) -> Result:
        result = self._service.recognise(upload, g.started)
        g.result = result
        return result

    def _recognise_plates(self, upload: uploads.Upload) -> Result:
        """As :meth:`_recognise`, without plates below ``min_confidence`` where it is honoured."""
        if not self._settings.honour_min_confidence:
            return self._recognise(upload)
        min_confidence = upload.fraction("min_confidence", 0)
        return self._recognise(upload).at_least(min_confidence)


def create_app(settings: Settings, engine: Engine) -> Flask:
    """The whole service over one engine, which it neither warms up nor closes.

    Raises :class:`SettingsError` where settings contradict each other.
    """
    app = Flask("alpr_api", template_folder=str(bundle_folder() / "templates"), static_folder=None)
    app.jinja_env.get_template("index.html")  # From now on it is in memory, like static/.
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it
    # werkzeug refuses what reaches its limit, where it is read to its end, as waitress does.
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_mb * 1_000_000 + 1
    app.wsgi_app = PathNormalizer(app.wsgi_app)  # type: ignore[method-assign]  # Flask's own way to wrap
    service = Service(settings, engine)
    log = RequestLog(settings)
    hooks = RequestHooks(settings, engine, service, log)
    _add_routes(app, Routes(settings, engine, service, log))
    app.before_request(hooks.begin)
    app.after_request(hooks.finish)
    app.register_error_handler(Exception, hooks.refuse)
    return app


def _add_routes(app: Flask, routes: Routes) -> None:
    static = StaticFiles(bundle_folder() / "static")
    icon = static.content("icon.svg")
    table: list[tuple[str, Callable[[], Any], Sequence[str]]] = [
        ("POST", routes.plates, paths.PLATES),
        ("POST", routes.grid_debug, paths.GRID_DEBUG),
        ("POST", routes.boxes, paths.BOXES),
        ("POST", routes.plate_reader, paths.PLATE_READER),
        ("GET", routes.plate_reader_info, [paths.INFO]),
        ("GET", routes.plate_reader_statistics, [paths.STATISTICS]),
        ("GET POST", routes.model_list, [paths.MODELS]),
        ("GET", region_list, [paths.REGIONS]),
        ("GET", codeproject_status.version, paths.VERSION),
        ("GET", codeproject_status.update_available, paths.UPDATE),
        ("GET", routes.module_list, paths.MODULES),
        ("GET", lambda: {"alive": True}, [paths.LIVE]),
        ("GET", routes.readyz, paths.READY),
        ("GET", lambda: Response(icon, mimetype="image/svg+xml"), [paths.FAVICON]),
        ("GET", lambda: Response(openapi.DOCUMENT, mimetype=JSON), ["/openapi.json"]),
        ("GET", routes.metrics, [paths.METRICS]),
        ("GET", routes.recent, [paths.RECENT]),
        ("GET", routes.settings, [paths.SETTINGS]),
        ("GET", routes.index, ["/"]),
        ("POST", codeproject_status.version, ["/"]),
    ]
    app.add_url_rule(
        f"{paths.STATIC}<path:name>", "static", lambda name: static.answer(name, request)
    )
    for methods, view, rules in table:
        for rule in rules:
            app.add_url_rule(rule, f"{methods} {rule}", view, methods=methods.split())


def _read_body(service: Service) -> uploads.Content:
    """Files and values of the request's body, which is read once. Raises :class:`RequestError`."""
    if "body" not in g:
        size, kind = request.content_length or 0, (request.mimetype, request.mimetype_params)
        g.body = service.bodies.read(request.stream, size, *kind)
    content: uploads.Content = g.body
    return content


class RequestHooks:
    """What happens around every request: access, headers, the log, metrics and errors."""

    def __init__(
        self, settings: Settings, engine: Engine, service: Service, log: RequestLog
    ) -> None:
        self._settings = settings
        self._engine = engine
        self._service = service
        self._log = log
        self._access = Access(settings)

    def begin(self) -> None:
        g.started = time.perf_counter()
        g.request_id = request_log.request_id(request.headers.get("X-Request-Id", ""))
        if refusal := request.environ.get(REFUSAL):
            raise refusal
        self._access.check(request.environ, self._form_key)

    def _form_key(self) -> str:
        """The key in the form, of a request whose form a route would read."""
        if request.url_rule is None or request.method != "POST":
            return ""
        try:
            return _read_body(self._service).values.get(KEY_FIELD, "")
        except RequestError:
            return ""

    def finish(self, response: Response) -> Response:
        self._add_headers(response)
        seconds = time.perf_counter() - g.started
        route = request.url_rule.rule if request.url_rule else "unmatched"
        self._service.metrics.count_request(route, response.status_code, seconds)
        path = "-" if PATH_IS_UNKNOWN in request.environ else request.path
        asked = g.request_id, request.method, path, response.status_code
        done = request.content_length or 0, seconds, request.remote_addr or ""
        self._log.add(RequestRecord(*asked, *done, g.get("result"), g.get("error", "")))
        return response

    def _add_headers(self, response: Response) -> None:
        headers = response.headers
        headers["X-Request-Id"] = g.request_id
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "no-referrer"
        headers.update(self._access.cors_headers(request.environ, headers.get("Allow", "")))
        if response.is_json:
            headers["Cache-Control"] = "no-store"

    def refuse(self, error: Exception) -> Response:
        """The only place where errors become answers; all have the same shape."""
        refusal = refusals.from_error(error, request.method, request.path, g.request_id)
        g.error = refusal.message
        self._service.metrics.count_refusal(refusal.reason)
        body = codeproject.error(refusal.message, refusal.status, g.request_id)
        if request.path in paths.PLATE_READER:
            calls = self._engine.status().calls
            body |= plate_recognizer.error(refusal.message, refusal.status, calls)
        response = jsonify(body)
        response.status_code = refusal.status
        response.headers.update(refusal.headers)
        return response


def start_service(settings: Settings) -> int:
    """Serves until it is stopped and returns the exit code. Raises :class:`SettingsError`."""
    request_log.start(settings)
    engine = open_engine(settings)
    app = create_app(settings, engine)
    try:
        return serve(app, settings, engine)
    except OSError as error:
        # A bug, and not an output that cannot be written as for other commands.
        raise RuntimeError("the server failed") from error


def check_start(settings: Settings) -> None:
    """Raises :class:`SettingsError` for settings that :func:`start_service` would refuse."""
    create_app(settings, open_engine(settings))
    listening.check(settings.host)


SERVE = command_line.SettingsCommand("serve", start_service, SERVE_HELP, check=check_start)
PROGRAM = command_line.Program([SERVE, archive.COMMAND])


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program; the value is its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    run_worker_if_asked(arguments)
    images.run_worker_if_asked(arguments)
    process.prepare()
    return command_line.run(PROGRAM, arguments)


if __name__ == "__main__":
    sys.exit(main())
