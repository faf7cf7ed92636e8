// THE table of templates.
#include <memory>
#include <string_view>
#include <utility>

#include "modules/notifications/notifications_json.h"
#include "modules/notifications/route_row.h"
#include "modules/notifications/template/templates_api.h"
#include "modules/notifications/template/templates_json.h"

namespace ashlar::notifications {
namespace {

using http::Call;
using http::ErrorDoc;
using http::Method;
using storage::Transaction;
using Api = std::shared_ptr<const TemplatesApi>;
using Read = base::Result<http::Response> (TemplatesApi::*)(Call&) const;
using Write = base::Result<http::Response> (TemplatesApi::*)(Call&, Transaction&) const;

constexpr std::size_t kMaxTemplateBytes = 1024 * 1024;
constexpr std::string_view kTemplate = "/v1/notification-templates/{key}";

const ErrorDoc kNoTemplate{404, "template_not_found",
                           "There is no such template, or it is another tenant's."};
const ErrorDoc kNoVersion{404, "template_version_not_found",
                          "The template has no such version, or has it no longer."};
const ErrorDoc kBadCursor{400, "invalid_cursor", "The cursor was not given out for this list."};
const ErrorDoc kMismatch{412, "etag_mismatch", "It is not the one that If-Match names."};
const ErrorDoc kName{422, "name_invalid",
                     "A key has 1 to 64 of letters, digits, _ . : and -, the first a letter or "
                     "digit."};
const ErrorDoc kInvalid{422, "template_invalid",
                        "A text cannot be used: each is named, with the line and column."};

http::Handler reads(const Api& api, Read read) {
  return http::WorkerHandler([api, read](Call& call) { return ((*api).*read)(call); });
}
http::Handler writes(const Api& api, Write write) {
  return http::TransactionHandler(
      [api, write](Call& call, Transaction& tx) { return ((*api).*write)(call, tx); });
}

void add_reads(http::RouteTable& table, const Api& api) {
  table.push_back(route_row(Method::kGet, "/v1/notification-templates", "List templates by key.",
                            reads(api, &TemplatesApi::list), &template_page_schema()));
  table.back().paged = true;
  table.back().errors = {kBadCursor};
  table.push_back(route_row(Method::kGet, kTemplate, "Get one template, its latest version.",
                            reads(api, &TemplatesApi::get), &template_schema()));
  table.back().etag = true;
  table.back().errors = {kNoTemplate};
  table.push_back(route_row(Method::kGet, "/v1/notification-templates/{key}/versions",
                            "List a template's versions, the newest first.",
                            reads(api, &TemplatesApi::versions), &template_version_page_schema()));
  table.back().paged = true;
  table.back().errors = {kBadCursor, kNoTemplate};
  table.push_back(route_row(Method::kGet, "/v1/notification-templates/{key}/versions/{version}",
                            "Get one version of a template.", reads(api, &TemplatesApi::version),
                            &template_schema()));
  table.back().etag = true;
  table.back().errors = {kNoTemplate, kNoVersion};
}

void add_writes(http::RouteTable& table, const Api& api) {
  table.push_back(route_row(Method::kPut, kTemplate,
                            "Make a template, or a new version of it; live at once unless told "
                            "otherwise.",
                            writes(api, &TemplatesApi::put), &template_schema()));
  table.back().request = &put_template_schema();
  table.back().max_body_bytes = kMaxTemplateBytes;
  table.back().cost = 5;
  table.back().etag = true;
  table.back().errors = {
      kName, kInvalid, kMismatch, {409, "too_many_templates", "The tenant has 1,000 templates."}};
  table.push_back(route_row(Method::kDelete, kTemplate,
                            "Delete a template; what was accepted with it is still sent.",
                            writes(api, &TemplatesApi::remove), nullptr));
  table.back().success = 204;
  table.back().errors = {kNoTemplate};
  table.push_back(route_row(Method::kPost, "/v1/notification-templates/{key}/publish",
                            "Make a version the live one, a new or an old one.",
                            writes(api, &TemplatesApi::publish), &template_schema()));
  table.back().request = &publish_template_schema();
  table.back().etag = true;
  table.back().errors = {kNoTemplate, kNoVersion, kMismatch};
}

void add_trials(http::RouteTable& table, const Api& api) {
  table.push_back(route_row(Method::kPost, "/v1/notification-templates/{key}/preview",
                            "What a reader would get; nothing is sent or kept.",
                            reads(api, &TemplatesApi::preview), &template_preview_schema()));
  table.back().request = &preview_template_schema();
  table.back().scope = {"notifications:read"};
  table.back().max_body_bytes = kMaxTemplateBytes;
  table.back().cost = 5;
  table.back().errors = {kNoTemplate, kNoVersion, kInvalid};
  table.push_back(route_row(Method::kPost, "/v1/notification-templates/{key}/test",
                            "Send one message with the live version, to look at.",
                            writes(api, &TemplatesApi::test), &accepted_schema()));
  table.back().request = &test_template_schema();
  table.back().success = 202;
  table.back().errors = {kNoTemplate,
                         {404, "recipient_not_found", "No such recipient: PUT it first."},
                         {404, "device_not_found", "No such device."}};
}

}  // namespace

http::RouteTable template_routes(const TemplateRoutes& parts) {
  const auto api = std::make_shared<const TemplatesApi>(parts);
  http::RouteTable table;
  add_reads(table, api);
  add_writes(table, api);
  add_trials(table, api);
  return table;
}

}  // namespace ashlar::notifications
