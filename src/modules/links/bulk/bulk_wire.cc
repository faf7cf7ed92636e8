// The rows of what is done to many links at once.
#include <memory>

#include "modules/links/bulk/bulk_api.h"

namespace ashlar::links {

http::RouteTable bulk_routes(LinksModule& module, const http::CursorCodec& cursors) {
  const auto api = std::make_shared<const BulkApi>(module, cursors);
  constexpr base::Millis kDeadline{30'000};
  http::RouteTable table;
  table.push_back({
      .method = http::Method::kPost,
      .path = {"/v1/links/bulk"},
      .summary = {"Shorten up to 1,000 URLs, each for itself."},
      .module = {"links"},
      .tenancy = http::Tenancy::kTenant,
      .scope = {"links:write"},
      .cost = 10,  // the dearest there is: limits_settings.cc
      .idempotency = http::Idempotency::kOptional,
      .deadline = kDeadline,
      // Late, since passwords are hashed before the transaction begins.
      .handler = {http::LateHandler(
          [api](http::Call& call, const std::shared_ptr<http::LateAnswer>& late) {
            return api->create(call, late);
          })},
      .request = &bulk_create_schema(),
      .response = &bulk_created_schema(),
      .errors = {{422, "too_many_passwords", "More than ten of the links have a password."},
                 {429, "quota_exceeded",
                  "More links in an hour than the key, address or tenant may."},
                 {503, "password_checks_busy", "Too many passwords are being hashed just now."}},
      .max_body_bytes = kMaxBulkBytes,
  });
  table.push_back({
      .method = http::Method::kPost,
      .path = {"/v1/links/bulk-update"},
      .summary = {"Change up to 1,000 links alike, named or found."},
      .module = {"links"},
      .tenancy = http::Tenancy::kTenant,
      .scope = {"links:write"},
      .cost = 10,  // the dearest there is: limits_settings.cc
      .idempotency = http::Idempotency::kNatural,
      .deadline = kDeadline,
      .handler = {http::WorkerHandler([api](http::Call& call) { return api->update(call); })},
      .request = &bulk_update_schema(),
      .response = &bulk_updated_schema(),
      .errors = {{400, "invalid_cursor", "The cursor was not given out for bulk updates."},
                 {404, "domain_not_found", "The tenant has no such domain."},
                 {422, "codes_or_filter", "Neither codes nor a filter is given, or both."},
                 {422, "nothing_to_set", "Nothing is to change."}},
      .max_body_bytes = 128UL * 1024,
  });
  return table;
}

}  // namespace ashlar::links
