#include "modules/payments/profile/webhook_endpoint.h"

#include <algorithm>
#include <array>
#include <utility>

#include "modules/payments/card_numbers.h"
#include "modules/payments/profile/object_parts.h"
#include "modules/payments/profile/profile_error.h"
#include "modules/payments/profile/profile_event.h"
#include "platform/json/parse.h"
#include "platform/json/value.h"
#include "platform/json/writer.h"
#include "platform/security/secret_box.h"
#include "platform/storage/database.h"

namespace ashlar::payments::profile {
namespace {

using storage::Audience;
using storage::Blob;
using storage::Row;
using storage::Sql;

std::string place_of(base::TenantId tenant, std::string_view endpoint) {
  return "payment_profile:" + tenant.to_string() + ":" + std::string(endpoint);
}

}  // namespace

bool WebhookEndpoint::wants(std::string_view type) const {
  return !disabled && std::ranges::any_of(
                          events, [&](const std::string& pattern) { return fits(pattern, type); });
}

base::Status refuse_card_numbers(const WebhookEndpoint& endpoint) {
  ASHLAR_TRY(refuse_card_number("/url", endpoint.url));
  ASHLAR_TRY(refuse_card_number("/description", endpoint.description));
  for (const auto& [name, value] : endpoint.metadata) {
    ASHLAR_TRY(refuse_card_number("/metadata", name));
    ASHLAR_TRY(refuse_card_number("/metadata/" + name, value));
  }
  return base::ok_status();
}

std::string seal_secret(const security::SecretBox& box, std::string_view secret,
                        base::TenantId tenant, std::string_view endpoint) {
  return box.seal(secret, place_of(tenant, endpoint));
}

std::optional<std::string> open_secret(const security::SecretBox& box, const WebhookEndpoint& of,
                                       base::TenantId tenant) {
  return box.open(of.sealed_secret, place_of(tenant, of.id));
}

void write_endpoint(json::Writer& out, const WebhookEndpoint& endpoint, std::string_view secret) {
  out.begin_object().key("id").string(endpoint.id).key("object").string("webhook_endpoint");
  out.key("api_version").string(kApiVersion).key("application").null();
  write_time(out, "created", endpoint.created_at);
  write_text(out, "description", endpoint.description);
  out.key("enabled_events").begin_array();
  for (const std::string& type : endpoint.events) out.string(type);
  out.end_array().key("livemode").boolean(endpoint.live);
  write_pairs(out, "metadata", endpoint.metadata);
  if (!secret.empty()) out.key("secret").string(secret);
  out.key("status").string(endpoint.disabled ? "disabled" : "enabled");
  out.key("url").string(endpoint.url).end_object();
}

namespace store {
namespace {

#define PROFILE_ENDPOINT_COLUMNS \
  "id, created_at, url, description, events, metadata, disabled, live, secret"

constexpr Sql kInsert{Audience::kTenant,
                      "INSERT INTO payment_profile_endpoints (tenant_id, " PROFILE_ENDPOINT_COLUMNS
                      ") VALUES (:tenant, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"};
constexpr Sql kUpdate{Audience::kTenant,
                      "UPDATE payment_profile_endpoints SET url = ?2, description = ?3,"
                      " events = ?4, metadata = ?5, disabled = ?6"
                      " WHERE tenant_id = :tenant AND id = ?1"};
constexpr Sql kDelete{Audience::kTenant,
                      "DELETE FROM payment_profile_endpoints"
                      " WHERE tenant_id = :tenant AND id = ?1"};
constexpr Sql kFind{Audience::kTenant, "SELECT " PROFILE_ENDPOINT_COLUMNS
                                       " FROM payment_profile_endpoints"
                                       " WHERE tenant_id = :tenant AND id = ?1"};
constexpr Sql kList{Audience::kTenant, "SELECT " PROFILE_ENDPOINT_COLUMNS
                                       " FROM payment_profile_endpoints"
                                       " WHERE tenant_id = :tenant ORDER BY id DESC"};
constexpr Sql kOf{Audience::kPlatform, "SELECT " PROFILE_ENDPOINT_COLUMNS
                                       " FROM payment_profile_endpoints"
                                       " WHERE tenant_id = ?1 ORDER BY id"};
constexpr Sql kErase{Audience::kTenant,
                     "DELETE FROM payment_profile_endpoints WHERE tenant_id = :tenant"
                     " AND id IN (SELECT id FROM payment_profile_endpoints"
                     " WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr std::array<const Sql*, 7> kStatements{&kInsert, &kUpdate, &kDelete, &kFind,
                                                &kList,   &kOf,     &kErase};

std::string column_of(const std::vector<std::string>& texts) {
  std::string column;
  json::Writer out(column);
  out.begin_array();
  for (const std::string& text : texts) out.string(text);
  out.end_array();
  return column;
}

std::string column_of(const Pairs& pairs) {
  std::vector<std::string> flat;
  for (const auto& [key, value] : pairs) {
    flat.push_back(key);
    flat.push_back(value);
  }
  return column_of(flat);
}

std::vector<std::string> texts_of(std::string_view column) {
  std::vector<std::string> texts;
  const auto value = json::parse(column);
  if (!value.ok() || value->if_array() == nullptr) return texts;
  for (const json::Value& one : *value->if_array()) {
    if (const std::string* text = one.if_string()) texts.push_back(*text);
  }
  return texts;
}

WebhookEndpoint endpoint_of(const Row& row) {
  WebhookEndpoint endpoint;
  endpoint.id = row.text(0);
  endpoint.created_at = base::from_micros(row.integer(1));
  endpoint.url = row.text(2);
  endpoint.description = row.text(3);
  endpoint.events = texts_of(row.text(4));
  const std::vector<std::string> flat = texts_of(row.text(5));
  for (std::size_t i = 0; i + 1 < flat.size(); i += 2) {
    endpoint.metadata.emplace_back(flat[i], flat[i + 1]);
  }
  endpoint.disabled = row.integer(6) != 0;
  endpoint.live = row.integer(7) != 0;
  endpoint.sealed_secret = row.blob(8);
  return endpoint;
}

}  // namespace

base::Status insert_endpoint(storage::Transaction& tx, const WebhookEndpoint& e) {
  const std::string events = column_of(e.events);
  const std::string metadata = column_of(e.metadata);
  ASHLAR_TRY(tx.execute(
      kInsert, {e.id, base::to_micros(e.created_at), e.url, e.description, events, metadata,
                std::int64_t{e.disabled}, std::int64_t{e.live}, Blob{e.sealed_secret}}));
  return base::ok_status();
}

base::Status update_endpoint(storage::Transaction& tx, const WebhookEndpoint& e) {
  const std::string events = column_of(e.events);
  const std::string metadata = column_of(e.metadata);
  ASHLAR_TRY(tx.execute(kUpdate,
                        {e.id, e.url, e.description, events, metadata, std::int64_t{e.disabled}}));
  return base::ok_status();
}

base::Result<bool> delete_endpoint(storage::Transaction& tx, std::string_view id) {
  ASHLAR_ASSIGN(const std::int64_t rows, tx.execute(kDelete, {id}));
  return rows == 1;
}

base::Result<std::optional<WebhookEndpoint>> find_endpoint(storage::Transaction& tx,
                                                           std::string_view id) {
  std::optional<WebhookEndpoint> found;
  ASHLAR_TRY(tx.query(kFind, {id}, [&](const Row& row) { found = endpoint_of(row); }));
  return found;
}

base::Result<std::vector<WebhookEndpoint>> list_endpoints(storage::Transaction& tx) {
  std::vector<WebhookEndpoint> all;
  ASHLAR_TRY(tx.query(kList, {}, [&](const Row& row) { all.push_back(endpoint_of(row)); }));
  return all;
}

base::Result<std::vector<WebhookEndpoint>> endpoints_of(storage::Transaction& tx,
                                                        base::TenantId tenant) {
  std::vector<WebhookEndpoint> all;
  ASHLAR_TRY(
      tx.query(kOf, {tenant.value}, [&](const Row& row) { all.push_back(endpoint_of(row)); }));
  return all;
}

base::Result<std::int64_t> erase_endpoints(storage::Transaction& tx, std::int64_t limit) {
  return tx.execute(kErase, {limit});
}

std::span<const Sql* const> endpoint_statements() { return kStatements; }

}  // namespace store
}  // namespace ashlar::payments::profile
