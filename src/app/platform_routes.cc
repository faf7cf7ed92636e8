#include "app/platform_routes.h"

#include <memory>
#include <utility>

#include "platform/http/console_files.h"
#include "platform/http/inline_request.h"

namespace ashlar::app {
namespace {

using http::Response;

http::Route get(std::string_view path, std::string_view summary, http::WorkerHandler handler) {
  return {.method = http::Method::kGet,
          .path = path,
          .summary = summary,
          .module = std::string_view("platform"),
          .tenancy = http::Tenancy::kPublic,
          .scope = std::string_view(""),
          .cost = 0,
          .idempotency = http::Idempotency::kNatural,
          .deadline = base::Millis{5000},
          .handler = http::Handler(std::move(handler)),
          .lane = http::Lane::kControl};
}

Response text(std::string content_type, std::string body) {
  return Response{200, std::move(content_type), {{"Cache-Control", "no-store"}}, std::move(body)};
}

// On the I/O thread: a server that is busy is not a server that is dead.
http::Route health_route() {
  http::Route route = get("/healthz", "The process answers", {});
  route.handler.value =
      http::InlineHandler{.fast =
                              [](http::InlineRequest& request) {
                                request.answer(text("application/json", R"({"status":"ok"})"));
                                return http::InlineOutcome::kAnswered;
                              },
                          .fallback = {}};
  route.errors = {{400, "unexpected_body", "This request takes no body."}};
  return route;
}

http::Route hidden(http::Route route) {
  route.documented = false;
  return route;
}

}  // namespace

http::Route metrics_route(std::function<std::string()> metrics_text) {
  http::Route route =
      get("/metrics", "Metrics in the Prometheus text format",
          [metrics_text = std::move(metrics_text)](http::Call&) -> base::Result<Response> {
            return text("text/plain; version=0.0.4; charset=utf-8", metrics_text());
          });
  route.response_type = "text/plain";
  return route;
}

http::RouteTable platform_routes(PlatformRouteNeeds given) {
  const auto needs = std::make_shared<const PlatformRouteNeeds>(std::move(given));
  http::RouteTable routes;
  routes.push_back(health_route());
  http::Route ready = get("/readyz", "Requests can be served: storage answers",
                          [needs](http::Call&) -> base::Result<Response> {
                            ASHLAR_TRY(needs->ready());
                            return text("application/json", R"({"status":"ready"})");
                          });
  ready.errors = {{503, "storage_unavailable", "Storage does not answer."},
                  {503, "stopping", "The server is being stopped."}};
  routes.push_back(std::move(ready));
  if (needs->metrics_here) routes.push_back(metrics_route(needs->metrics_text));
  routes.push_back(get("/v1/openapi.json", "This description, OpenAPI 3.1",
                       [needs](http::Call&) -> base::Result<Response> {
                         return text("application/json", needs->openapi());
                       }));
  routes.push_back(
      hidden(get("/docs", "The API page", [needs](http::Call&) -> base::Result<Response> {
        return text("text/html; charset=utf-8", needs->docs_page());
      })));
  routes.push_back(hidden(get(
      "/robots.txt", "Crawlers: links may be followed, the rest is none of theirs",
      [](http::Call&) -> base::Result<Response> {
        return text("text/plain; charset=utf-8", "User-agent: *\nDisallow: /_/\nDisallow: /v1/\n");
      })));
  for (http::Route& route : http::console_routes()) routes.push_back(std::move(route));
  return routes;
}

}  // namespace ashlar::app
