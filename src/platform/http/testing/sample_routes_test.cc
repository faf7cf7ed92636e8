#include "platform/http/testing/sample_routes.h"

#include <utility>

#include "platform/json/schema.h"

namespace ashlar::http::testing {
namespace {

struct CreateLink {
  std::string url;
  std::optional<std::string> code;
  int status = 302;
  std::optional<base::Time> expires_at;
};
struct UpdateLink {
  json::Patch<std::string> url;
  json::Patch<std::optional<base::Time>> expires_at;
  json::Patch<bool> enabled;
};
struct Link {
  std::string code;
  std::string url;
  int status = 302;
  std::optional<base::Time> expires_at;
  bool enabled = true;
  std::vector<std::string> tags;
};
struct Clicks {
  std::int64_t clicks = 0;
};
struct SignIn {
  std::string password;
};

const json::Schema<CreateLink>& create_link_schema() {
  static const auto schema =
      json::Schema<CreateLink>("CreateLink", "What to shorten.")
          .required("url", &CreateLink::url,
                    {.doc = "Target, `http` or `https`; <b> & co. are text.",
                     .max_length = 2048,
                     .format = "uri",
                     .example = "https://example.com/?a=1&b=it's"})
          .optional("code", &CreateLink::code,
                    {.doc = "A code of one's own; left out: one is made.",
                     .min_length = 3,
                     .max_length = 64,
                     .pattern = "^[A-Za-z0-9_-]+$"})
          .optional("status", &CreateLink::status,
                    {.doc = "How to redirect.", .one_of = {301, 302, 307, 308}})
          .optional("expires_at", &CreateLink::expires_at, {.doc = "From when on it is gone."});
  return schema;
}

const json::Schema<UpdateLink>& update_link_schema() {
  static const auto schema =
      json::Schema<UpdateLink>("UpdateLink", "What to change; the rest stays.")
          .optional("url", &UpdateLink::url,
                    {.doc = "Target.", .max_length = 2048, .format = "uri"})
          .optional("expires_at", &UpdateLink::expires_at, {.doc = "null: never."})
          .optional("enabled", &UpdateLink::enabled, {.doc = "false: 410.", .example = false});
  return schema;
}

const json::Schema<Link>& link_schema() {
  static const auto schema =
      json::Schema<Link>("Link", "A short link.")
          .required("code", &Link::code, {.doc = "Names the link.", .example = "Ab3xY9"})
          .required("url", &Link::url, {.doc = "Target.", .format = "uri"})
          .required("status", &Link::status, {.doc = "How.", .one_of = {301, 302, 307, 308}})
          .required("expires_at", &Link::expires_at, {.doc = "null: never."})
          .required("enabled", &Link::enabled, {.doc = "Whether it redirects."})
          .required("tags", &Link::tags,
                    {.doc = "One's own words.", .max_length = 10, .max_items = 5});
  return schema;
}

const json::Schema<json::Page<Link>>& link_page_schema() {
  static const auto schema = json::page_schema(link_schema());
  return schema;
}

const json::Schema<Clicks>& clicks_schema() {
  static const auto schema = json::Schema<Clicks>("Clicks", "So many by now.")
                                 .required("clicks", &Clicks::clicks, {.doc = "In all.", .min = 0});
  return schema;
}

const json::Schema<SignIn>& sign_in_schema() {
  static const auto schema =
      json::Schema<SignIn>("SignIn", "Opens a session.")
          .required("password", &SignIn::password,
                    {.doc = "The administrator's.", .min_length = 12, .format = "password"});
  return schema;
}

Handler worker() {
  return WorkerHandler([](Call&) -> base::Result<Response> { return no_content(); });
}
Handler transaction() {
  return TransactionHandler(
      [](Call&, storage::Transaction&) -> base::Result<Response> { return no_content(); });
}
Handler stream() {
  return StreamHandler(
      [](Call&, const std::shared_ptr<EventStream>&) { return base::ok_status(); });
}
Handler at_once() {
  return InlineHandler{[](InlineRequest&) { return InlineOutcome::kNeedsWorker; },
                       [](Call&) -> base::Result<Response> { return no_content(); }};
}

Route row(Method method, std::string_view path, std::string_view summary, std::string_view module,
          Tenancy tenancy, std::string_view scope, Handler handler) {
  return {.method = method,
          .path = path,
          .summary = summary,
          .module = module,
          .tenancy = tenancy,
          .scope = scope,
          .cost = 1,
          .idempotency = Idempotency::kNatural,
          .deadline = base::Millis{2000},
          .handler = std::move(handler)};
}

RouteTable link_routes() {
  constexpr std::string_view kRead = "links:read";
  constexpr std::string_view kWrite = "links:write";
  Route create = row(Method::kPost, "/v1/links", "Shorten a URL; a custom code may be taken.",
                     "links", Tenancy::kTenant, kWrite, transaction());
  create.cost = 2;
  create.idempotency = Idempotency::kOptional;
  create.request = &create_link_schema();
  create.response = &link_schema();
  create.success = 201;
  create.etag = true;
  create.errors = {{409, "code_taken", "another link has this code"},
                   {422, "bad_target", "The target is not http or https."}};
  Route list =
      row(Method::kGet, "/v1/links", "List links", "links", Tenancy::kTenant, kRead, worker());
  list.response = &link_page_schema();
  list.query = {{"q", "What the code or the target holds.", "news"}};
  list.paged = true;
  Route get = row(Method::kGet, "/v1/links/{code}", "Get a link", "links", Tenancy::kTenant, kRead,
                  worker());
  get.response = &link_schema();
  get.etag = true;
  get.errors = {{404, "link_not_found", "There is no such link."}};
  Route update = row(Method::kPatch, "/v1/links/{code}", "Change a link", "links", Tenancy::kTenant,
                     kWrite, transaction());
  update.request = &update_link_schema();
  update.response = &link_schema();
  update.etag = true;
  update.errors = get.errors;
  Route remove = row(Method::kDelete, "/v1/links/{code}", "Delete a link", "links",
                     Tenancy::kTenant, kWrite, transaction());
  remove.success = 204;
  remove.errors = get.errors;
  Route clicks = row(Method::kGet, "/v1/links/{code}/clicks", "Clicks as they happen", "links",
                     Tenancy::kTenant, kRead, stream());
  clicks.response = &clicks_schema();
  Route follow =
      row(Method::kGet, "/{code}", "Follow a link", "links", Tenancy::kPublic, "", at_once());
  follow.success = 302;
  follow.errors = {{404, "link_not_found", "There is no such link."},
                   {410, "link_expired", "The link has expired."}};
  return {create, list, get, update, remove, clicks, follow};
}

}  // namespace

RouteTable sample_routes() {
  RouteTable routes = link_routes();
  Route sign_in =
      row(Method::kPost, "/v1/admin/session", "Sign in", "admin", Tenancy::kPublic, "", worker());
  sign_in.request = &sign_in_schema();
  sign_in.success = 204;
  sign_in.errors = {{401, "wrong_password", "The password is wrong."}};
  routes.push_back(sign_in);
  Route tenants =
      row(Method::kGet, "/v1/tenants", "List tenants", "admin", Tenancy::kPlatform, "", worker());
  tenants.paged = true;
  routes.push_back(tenants);
  routes.push_back(row(Method::kGet, "/healthz", "The process answers", "platform",
                       Tenancy::kPublic, "", worker()));
  Route metrics =
      row(Method::kGet, "/metrics", "Metrics", "platform", Tenancy::kPublic, "", worker());
  metrics.response_type = "text/plain";
  routes.push_back(metrics);
  Route hidden = row(Method::kGet, "/_/{file}", "The console's files", "platform", Tenancy::kPublic,
                     "", at_once());
  hidden.documented = false;
  routes.push_back(hidden);
  return routes;
}

}  // namespace ashlar::http::testing
