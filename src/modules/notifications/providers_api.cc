#include "modules/notifications/providers_api.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "modules/notifications/call_parts.h"
#include "modules/notifications/provider_store.h"
#include "modules/notifications/providers_json.h"
#include "platform/http/call.h"
#include "platform/http/paging.h"
#include "platform/json/parse.h"
#include "platform/outbound/target.h"
#include "platform/security/digest.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

using base::Result;
using http::Call;
using http::Response;
using storage::Transaction;

base::Error wrong(const char* reason, const char* field, std::string detail) {
  return {base::Code::kInvalid, reason, detail, {{field, reason, detail}}};
}

base::Error not_found() {
  return base::fail(base::Code::kNotFound, "provider_not_found", "There is no such provider.");
}

base::Error name_taken() {
  return base::fail(base::Code::kConflict, "provider_name_taken",
                    "Another provider has this name.");
}

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

// A mail server's: its port is none of a URL's.
std::string url_of_host(const std::string& host) {
  return host.find(':') == std::string::npos ? "https://" + host : "https://[" + host + "]";
}

base::Error unknown_type(const std::vector<ProviderKind>& kinds) {
  std::string types;
  for (const ProviderKind& kind : kinds) {
    types += (types.empty() ? "" : ", ") + std::string(kind.type);
  }
  return wrong("provider_type_unknown", "/type",
               "There is no such type. Give one of " + types + ".");
}

// Where a provider leads. `settings` as its kind's check() gave them.
base::Status check_reach(std::string_view settings, bool private_too) {
  ASHLAR_ASSIGN(const json::Value whole, json::parse(settings));
  const json::Value* account = whole.find("service_account");
  const std::pair<const json::Value*, std::string> places[] = {
      {whole.find("url"), "/url"},
      {whole.find("host"), "/host"},
      {account == nullptr ? nullptr : account->find("token_uri"), "/service_account/token_uri"}};
  for (const auto& [value, field] : places) {
    const std::string* to = value == nullptr ? nullptr : value->if_string();
    if (to == nullptr || private_too) continue;  // what is malformed check() has found
    const bool is_url = to->find("://") != std::string::npos;
    ASHLAR_TRY(outbound::check_target(is_url ? *to : url_of_host(*to), {}, field));
  }
  return base::ok_status();
}

// In every instance: whoever keeps a Provider of it makes a new one.
void announce(Transaction& tx, const ProviderAccount& account) {
  tx.notify(kProviderNotices, account.tenant.to_string() + ":" + account.id.to_string());
}

void change(ProviderAccount& account, const ProviderPatchJson& given) {
  if (given.name) account.name = *given.name;
  if (given.project) account.project = given.project->value_or("");
  if (given.weight) account.weight = *given.weight;
  if (given.priority) account.priority = *given.priority;
  if (given.enabled) account.enabled = *given.enabled;
  if (given.pace_per_s) account.pace_per_s = *given.pace_per_s;
  if (given.max_running) account.max_running = *given.max_running;
}

}  // namespace

const ProviderKind* ProvidersApi::kind_of(std::string_view type) const {
  const auto found = std::find_if(parts_.kinds.begin(), parts_.kinds.end(),
                                  [&](const ProviderKind& kind) { return kind.type == type; });
  return found == parts_.kinds.end() ? nullptr : &*found;
}

Result<ProviderAccount> ProvidersApi::find(Transaction& tx, const Call& call) const {
  ASHLAR_ASSIGN(std::optional<ProviderAccount> found,
                store::find_provider(tx, ProviderId(id_in_path(call, 0))));
  if (!found) return not_found();
  return *std::move(found);
}

ProviderJson ProvidersApi::render(const ProviderAccount& account) const {
  ProviderJson json;
  json.id = account.id;
  json.channel = name_of(account.channel);
  json.type = account.type;
  json.name = account.name;
  json.project = unless_empty(account.project);
  json.weight = account.weight;
  json.priority = account.priority;
  json.enabled = account.enabled;
  json.pace_per_s = account.pace_per_s;
  json.max_running = account.max_running;
  json.created_at = account.created_at;
  json.updated_at = account.updated_at;
  const ProviderKind* kind = kind_of(account.type);
  const auto settings = opened_settings(parts_.box, account);
  if (settings.ok()) show_settings(*settings, kind, json);
  if (kind != nullptr && kind->read_callback) {
    json.callback_url = parts_.public_url + "/v1/notification-callbacks/" + account.id.to_string() +
                        "/" + account.callback_token;
  }
  return json;
}

Response ProvidersApi::answer(int status, const ProviderAccount& account) const {
  return http::json_response(status, provider_schema(), render(account))
      .header("ETag", etag_of(account.version));
}

Result<Response> ProvidersApi::create(Call& call, Transaction& tx) const {
  ASHLAR_ASSIGN(const ProviderBody body, provider_body(call.body, new_provider_schema()));
  ASHLAR_ASSIGN(const NewProviderJson given, new_provider_schema().parse(body.common));
  const ProviderKind* kind = kind_of(given.type);
  if (kind == nullptr) return unknown_type(parts_.kinds);
  const Channel channel = *channel_of(given.channel);
  if (kind->channel != channel) {
    return wrong("provider_channel_wrong", "/channel",
                 "This type carries " + std::string(name_of(kind->channel)) + ".");
  }
  ProviderAccount account;
  account.tenant = call.principal.tenant;
  account.channel = channel;
  account.type = given.type;
  account.name = given.name;
  account.project = given.project.value_or("");
  account.weight = given.weight;
  account.priority = given.priority;
  account.enabled = given.enabled;
  account.pace_per_s = given.pace_per_s;
  account.max_running = given.max_running;
  ASHLAR_TRY(check_account(account));
  const json::Value own(body.settings);
  ASHLAR_ASSIGN(const std::string settings, kind->check(own));
  ASHLAR_TRY(check_reach(settings, parts_.private_providers));
  ASHLAR_ASSIGN(const std::int64_t count, store::count_providers(tx));
  if (count >= ProviderAccount::kMaxOfTenant) {
    return base::fail(base::Code::kConflict, "too_many_providers", "The tenant has 50 providers.");
  }
  account.callback_token = security::random_token(parts_.entropy);
  account.created_at = account.updated_at = parts_.clock.now();
  ASHLAR_ASSIGN(const std::optional<ProviderId> id, store::insert_provider(tx, account));
  if (!id) return name_taken();
  account.id = *id;
  account.sealed_settings = sealed(parts_.box, account.tenant, account.id, settings);
  ASHLAR_TRY(store::update_provider(tx, account));
  announce(tx, account);
  return answer(201, account)
      .header("Location", "/v1/notification-providers/" + account.id.to_string());
}

Result<Response> ProvidersApi::list(Call& call) const {
  ASHLAR_ASSIGN(const auto found, parts_.db.read(call.tenant_context(), [&](Transaction& tx) {
    return store::list_providers(tx);
  }));
  json::Page<ProviderJson> page;
  for (const ProviderAccount& account : found) page.data.push_back(render(account));
  return http::page_response(call, provider_page_schema(), page);
}

Result<Response> ProvidersApi::get(Call& call) const {
  ASHLAR_ASSIGN(
      const ProviderAccount account,
      parts_.db.read(call.tenant_context(), [&](Transaction& tx) { return find(tx, call); }));
  return answer(200, account);
}

Result<Response> ProvidersApi::update(Call& call, Transaction& tx) const {
  ASHLAR_ASSIGN(const ProviderBody body, provider_body(call.body, provider_patch_schema()));
  ASHLAR_ASSIGN(const ProviderPatchJson given, provider_patch_schema().parse(body.common));
  ASHLAR_ASSIGN(ProviderAccount account, find(tx, call));
  ASHLAR_TRY(check_if_match(call, account.version));
  const ProviderKind* kind = kind_of(account.type);
  if (kind == nullptr) return unknown_type(parts_.kinds);
  const std::string name = account.name;
  change(account, given);
  ASHLAR_TRY(check_account(account));
  if (account.name != name) {
    ASHLAR_ASSIGN(const auto other, store::find_provider(tx, account.name));
    if (other) return name_taken();
  }
  if (!body.settings.empty()) {
    // What cannot be opened any more is given anew, whole.
    const auto kept = opened_settings(parts_.box, account);
    const json::Value merged = merged_settings(kept.ok() ? *kept : "{}", body.settings);
    ASHLAR_ASSIGN(const std::string settings, kind->check(merged));
    ASHLAR_TRY(check_reach(settings, parts_.private_providers));
    account.sealed_settings = sealed(parts_.box, account.tenant, account.id, settings);
  }
  account.version += 1;
  account.updated_at = parts_.clock.now();
  ASHLAR_TRY(store::update_provider(tx, account));
  announce(tx, account);
  return answer(200, account);
}

Result<Response> ProvidersApi::remove(Call& call, Transaction& tx) const {
  ASHLAR_ASSIGN(const ProviderAccount account, find(tx, call));
  ASHLAR_TRY(store::delete_provider(tx, account.id));
  announce(tx, account);
  return http::no_content();
}

}  // namespace ashlar::notifications
