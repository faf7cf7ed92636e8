// THE table of provider accounts.
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "modules/notifications/providers_api.h"
#include "modules/notifications/providers_json.h"
#include "modules/notifications/recipient_parts.h"
#include "modules/notifications/route_row.h"

namespace ashlar::notifications {
namespace {

using http::Call;
using http::ErrorDoc;
using http::Method;
using storage::Transaction;

constexpr std::string_view kAll = "/v1/notification-providers";
constexpr std::string_view kOne = "/v1/notification-providers/{id}";

const ErrorDoc kNotFound{404, "provider_not_found",
                         "There is no such provider, or it is another tenant's."};
const ErrorDoc kUnknown{422, "provider_type_unknown", "There is no such type."};
const ErrorDoc kName{422, "name_invalid", "The name holds control characters."};
const ErrorDoc kPace{422, "pace_invalid", "The pace is not between 0.001 and 1,000,000."};
const ErrorDoc kTaken{409, "provider_name_taken", "Another provider has this name."};

}  // namespace

http::RouteTable providers_routes(const RecipientParts& parts) {
  const auto api = std::make_shared<const ProvidersApi>(parts);
  http::RouteTable table;
  table.push_back(route_row(
      Method::kPost, kAll, "Set up a provider; its secrets are never shown again.",
      http::TransactionHandler([api](Call& c, Transaction& tx) { return api->create(c, tx); }),
      &provider_schema()));
  table.back().idempotency = http::Idempotency::kOptional;
  table.back().request = &described_new_provider();
  table.back().success = 201;
  table.back().etag = true;
  table.back().errors =
      with_target_errors({kUnknown,
                          {422, "provider_channel_wrong", "The type carries another channel."},
                          kName,
                          kPace,
                          kTaken,
                          {409, "too_many_providers", "The tenant has 50 providers."}});
  table.push_back(route_row(Method::kGet, kAll, "List providers in the order they were made.",
                            http::WorkerHandler([api](Call& c) { return api->list(c); }),
                            &provider_page_schema()));
  table.back().operation_id = "notification_providers_list";
  table.push_back(route_row(Method::kGet, kOne, "Get one provider, without its secrets.",
                            http::WorkerHandler([api](Call& c) { return api->get(c); }),
                            &provider_schema()));
  table.back().etag = true;
  table.back().errors = {kNotFound};
  table.push_back(route_row(
      Method::kPatch, kOne, "Change a provider; from the next attempt on it holds.",
      http::TransactionHandler([api](Call& c, Transaction& tx) { return api->update(c, tx); }),
      &provider_schema()));
  table.back().request = &described_provider_patch();
  table.back().etag = true;
  table.back().errors =
      with_target_errors({kNotFound,
                          {412, "etag_mismatch", "It is not the one that If-Match names."},
                          kUnknown,
                          kName,
                          kPace,
                          kTaken});
  table.push_back(route_row(
      Method::kDelete, kOne, "Delete a provider; what it has under way ends.",
      http::TransactionHandler([api](Call& c, Transaction& tx) { return api->remove(c, tx); }),
      nullptr));
  table.back().success = 204;
  table.back().errors = {kNotFound};
  return table;
}

}  // namespace ashlar::notifications
