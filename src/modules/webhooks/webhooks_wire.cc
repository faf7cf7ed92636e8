// THE table of webhooks.
#include <memory>
#include <utility>
#include <vector>

#include "modules/webhooks/webhooks_api.h"
#include "modules/webhooks/webhooks_json.h"
#include "modules/webhooks/webhooks_module.h"

namespace ashlar::webhooks {
namespace {

using http::Call;
using http::ErrorDoc;
using http::Idempotency;
using http::Method;
using storage::Transaction;

constexpr base::Millis kDeadline{10'000};
constexpr std::size_t kMaxTestBytes = 256 * 1024;

const ErrorDoc kNotFound{404, "webhook_not_found",
                         "There is no such webhook, or it is another tenant's."};
const ErrorDoc kNoDelivery{404, "delivery_not_found",
                           "There is no such delivery, or it is too old to be kept."};
const ErrorDoc kBadCursor{400, "invalid_cursor", "The cursor was not given out for this list."};
const ErrorDoc kDisabled{409, "webhook_disabled", "The webhook is disabled; enable it first."};

// What check_target() refuses (outbound/target.h), each under its own reason, with the row's own.
std::vector<ErrorDoc> with_target_errors(std::vector<ErrorDoc> own) {
  std::vector<ErrorDoc> all{
      {422, "target_forbidden",
       "The URL's host is this machine, a private or special network, or a name of one."},
      {422, "target_scheme", "The URL is neither http nor https."},
      {422, "target_host", "The URL's host is no name or address that leads anywhere."},
      {422, "target_host_not_ascii", "The URL's host must be given in its ASCII form (xn--…)."},
      {422, "target_port", "The URL's port is not 1 to 65535, or not one for HTTP."},
      {422, "target_credentials", "The URL holds a user name or password."},
      {422, "target_characters", "The URL holds what must be percent-encoded, or cannot be."},
      {422, "target_malformed", "The URL cannot be read as one, or has a fragment."},
      {422, "target_empty", "The URL is empty."},
      {422, "target_too_long", "The URL is longer than 2,048 bytes."},
      {422, "event_type_malformed", "An event type is no name such as link.created or link.*."},
      {422, "rate_invalid", "The rate is not between 0.001 and 10,000."}};
  all.insert(all.end(), own.begin(), own.end());
  return all;
}

using Api = std::shared_ptr<const WebhooksApi>;

http::Route row(Method method, std::string_view path, std::string_view summary,
                http::Handler handler, const json::Shape* response) {
  const bool reads = method == Method::kGet;
  return {
      .method = method,
      .path = path,
      .summary = summary,
      .module = {"webhooks"},
      .tenancy = http::Tenancy::kTenant,
      .scope = {reads ? "webhooks:read" : "webhooks:write"},
      .cost = reads ? 1 : 2,
      .idempotency = Idempotency::kNatural,
      .deadline = kDeadline,
      .handler = {std::move(handler)},
      .response = response,
      .errors = {kNotFound},
  };
}

void add_endpoint_routes(http::RouteTable& table, const Api& api) {
  table.push_back(
      row(Method::kPost, "/v1/webhooks", "Tell a URL of events; the answer has the secret, once.",
          http::TransactionHandler([api](Call& c, Transaction& tx) { return api->create(c, tx); }),
          &webhook_schema()));
  table.back().idempotency = Idempotency::kOptional;
  table.back().request = &new_webhook_schema();
  table.back().success = 201;
  table.back().etag = true;
  table.back().errors = with_target_errors(
      {{422, "secret_malformed", "The secret is no key of the signature's kind."},
       {409, "too_many_webhooks", "The tenant has 200 webhooks."}});
  table.push_back(row(Method::kGet, "/v1/webhooks", "List webhooks, newest first.",
                      http::WorkerHandler([api](Call& c) { return api->list(c); }),
                      &webhook_page_schema()));
  table.back().paged = true;
  table.back().errors = {kBadCursor};
  table.push_back(row(Method::kGet, "/v1/webhooks/{id}", "Get one webhook, without its secret.",
                      http::WorkerHandler([api](Call& c) { return api->get(c); }),
                      &webhook_schema()));
  table.back().etag = true;
  table.push_back(row(
      Method::kPatch, "/v1/webhooks/{id}", "Change a webhook; from the next attempt on it holds.",
      http::TransactionHandler([api](Call& c, Transaction& tx) { return api->update(c, tx); }),
      &webhook_schema()));
  table.back().request = &webhook_patch_schema();
  table.back().etag = true;
  table.back().errors = with_target_errors(
      {kNotFound, {412, "etag_mismatch", "The webhook is not the one that If-Match names."}});
  table.push_back(
      row(Method::kDelete, "/v1/webhooks/{id}", "Delete a webhook; nothing more is sent to it.",
          http::TransactionHandler([api](Call& c, Transaction& tx) { return api->remove(c, tx); }),
          nullptr));
  table.back().success = 204;
}

void add_action_routes(http::RouteTable& table, const Api& api) {
  table.push_back(
      row(Method::kPost, "/v1/webhooks/{id}/enable", "Send again to a webhook that was disabled.",
          http::TransactionHandler([api](Call& c, Transaction& tx) { return api->enable(c, tx); }),
          &webhook_schema()));
  table.back().etag = true;
  table.push_back(
      row(Method::kPost, "/v1/webhooks/{id}/rotate-secret",
          "A new secret; for a while deliveries are signed with both.",
          http::TransactionHandler([api](Call& c, Transaction& tx) { return api->rotate(c, tx); }),
          &webhook_schema()));
  table.back().idempotency = Idempotency::kOptional;
  table.back().request = &rotate_schema();
  table.back().etag = true;
  table.push_back(
      row(Method::kPost, "/v1/webhooks/{id}/test", "Send a test event, also to a disabled webhook.",
          http::TransactionHandler([api](Call& c, Transaction& tx) { return api->test(c, tx); }),
          &delivery_schema()));
  table.back().idempotency = Idempotency::kOptional;
  table.back().request = &test_schema();
  table.back().success = 202;
  table.back().max_body_bytes = kMaxTestBytes;
  table.back().errors.push_back(
      {422, "event_type_malformed", "The event type is no name such as link.created."});
  table.push_back(
      row(Method::kPost, "/v1/webhooks/{id}/replay",
          "Send again what has failed, or all, of a time or of some events.",
          http::TransactionHandler([api](Call& c, Transaction& tx) { return api->replay(c, tx); }),
          &replayed_schema()));
  table.back().idempotency = Idempotency::kOptional;
  table.back().request = &replay_schema();
  table.back().success = 202;
  table.back().cost = 10;
  table.back().errors = {
      kNotFound, kDisabled, kBadCursor, {422, "range_invalid", "The range ends before it begins."}};
}

void add_delivery_routes(http::RouteTable& table, const Api& api) {
  table.push_back(row(Method::kGet, "/v1/webhooks/{id}/deliveries",
                      "What was sent to a webhook and how that went, newest first.",
                      http::WorkerHandler([api](Call& c) { return api->deliveries(c); }),
                      &delivery_page_schema()));
  table.back().paged = true;
  table.back().errors = {kNotFound, kBadCursor};
  table.back().query = {
      {"state", "Only pending, delivered or failed ones.", "failed"},
      {"event_type", "Only of this type.", "link.created"},
      {"event_id", "Only of this event.", "0198c2f4-6a3e-7cc1-9f0e-5b8c2b0f6f11"}};
  table.push_back(row(
      Method::kGet, "/v1/webhooks/{id}/deliveries/{delivery_id}", "One delivery with its attempts.",
      http::WorkerHandler([api](Call& c) { return api->delivery(c); }), &delivery_schema()));
  table.back().errors = {kNoDelivery};
  table.push_back(
      row(Method::kPost, "/v1/webhooks/{id}/deliveries/{delivery_id}/retry",
          "Send a failed delivery again, or a pending one now.",
          http::TransactionHandler([api](Call& c, Transaction& tx) { return api->retry(c, tx); }),
          &delivery_schema()));
  table.back().success = 202;
  table.back().errors = {
      kNotFound,
      kNoDelivery,
      kDisabled,
      {409, "delivery_delivered", "It was delivered; a replay of all sends it again."}};
}

}  // namespace

http::RouteTable webhooks_routes(WebhooksModule& module, const http::CursorCodec& cursors) {
  const auto api = std::make_shared<const WebhooksApi>(module, cursors);
  http::RouteTable table;
  add_endpoint_routes(table, api);
  add_action_routes(table, api);
  add_delivery_routes(table, api);
  return table;
}

}  // namespace ashlar::webhooks
