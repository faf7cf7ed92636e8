#include "platform/http/console_files.h"

#include <string>

#include "platform/http/accept.h"
#include "platform/http/embedded_files.h"
#include "platform/http/entity_tag.h"
#include "platform/http/inline_request.h"
#include "platform/http/problem.h"

namespace ashlar::http {
namespace {

// The page runs its own scripts and nobody else's; styles are set inline by the chart.
constexpr const char* kContentSecurityPolicy =
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

const EmbeddedFile* find_file(std::string_view path) {
  for (const EmbeddedFile& file : console_files()) {
    if (file.path == path) return &file;
  }
  return nullptr;
}

const EmbeddedFile* find_icon() {
  for (const EmbeddedFile& file : console_files()) {
    if (file.content_type.starts_with("image/svg+xml")) return &file;
  }
  return nullptr;
}

Response serve(const EmbeddedFile& file, const RequestHead& head, bool immutable) {
  Response response{200, std::string(file.content_type), {}, {}};
  response.header("ETag", std::string(file.etag))
      .header("Vary", "Accept-Encoding")
      .header("X-Content-Type-Options", "nosniff")
      .header("Referrer-Policy", "same-origin")
      .header("Content-Security-Policy", kContentSecurityPolicy)
      .header("Cache-Control", immutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (!head.if_none_match.empty() &&
      match_weak(head.if_none_match, file.etag) == TagMatch::kMatch) {
    response.status = 304;
    return response;
  }
  if (!file.gzip.empty() && accepts_gzip(head.accept_encoding)) {
    response.header("Content-Encoding", "gzip");
    response.body = file.gzip;
  } else {
    response.body = file.content;
  }
  return response;
}

Response not_built() {
  return Response{
      200,
      "text/html; charset=utf-8",
      {{"Cache-Control", "no-store"}},
      "<!doctype html><title>Ashlar</title><p>This binary was built without the console. "
      "Build it with <code>make build</code>. The API is at <code>/v1/</code>.</p>\n"};
}

Response file_or_404(std::string_view path, const InlineRequest& request, bool immutable) {
  if (const EmbeddedFile* file = find_file(path)) return serve(*file, request.head(), immutable);
  if (path == "index.html") return not_built();
  return problem(404, "not_found", "The console has no such file.", request.request_id());
}

using Answer = std::function<Response(InlineRequest&)>;

Route console_route(std::string_view path, Answer answer) {
  InlineHandler handler{.fast =
                            [answer = std::move(answer)](InlineRequest& request) {
                              request.answer(answer(request));
                              return InlineOutcome::kAnswered;
                            },
                        .fallback = {}};
  return {.method = Method::kGet,
          .path = path,
          .summary = std::string_view("The console"),
          .module = std::string_view("console"),
          .tenancy = Tenancy::kPublic,
          .scope = std::string_view(""),
          .cost = 0,
          .idempotency = Idempotency::kNatural,
          .deadline = base::Millis{5000},
          .handler = Handler(std::move(handler)),
          .documented = false};
}

Answer redirect_to_console() {
  return [](InlineRequest&) { return Response{302, {}, {{"Location", "/_/"}}, {}}; };
}

}  // namespace

RouteTable console_routes() {
  RouteTable routes;
  routes.push_back(console_route("/_", redirect_to_console()));
  routes.push_back(console_route(
      "/_/", [](InlineRequest& request) { return file_or_404("index.html", request, false); }));
  routes.push_back(console_route("/_/{file}", [](InlineRequest& request) {
    return file_or_404(request.param(), request, false);
  }));
  routes.push_back(console_route("/_/assets/{file}", [](InlineRequest& request) {
    return file_or_404("assets/" + std::string(request.param()), request, true);
  }));
  // Browsers ask for it at addresses that are not the console's page, which names its own icon.
  routes.push_back(console_route("/favicon.ico", [](InlineRequest& request) {
    const EmbeddedFile* icon = find_icon();
    return icon != nullptr ? serve(*icon, request.head(), false)
                           : problem(404, "not_found", "There is no icon.", request.request_id());
  }));
  return routes;
}

}  // namespace ashlar::http
