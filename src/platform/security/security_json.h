// The shapes of security's API: what goes in and out as JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "platform/json/schema.h"
#include "platform/security/api_keys.h"
#include "platform/security/tenants.h"

namespace ashlar::security {

struct SessionView {
  bool authenticated = false;
  bool claimed = false;
  std::string version;
};

struct ClaimBody {
  std::string token;
  std::string password;
};

struct SignInBody {
  std::string password;
};

struct TenantBody {
  std::string name;
};

struct KeyView {
  KeyId id;
  std::optional<std::string> name;
  std::string prefix;
  std::vector<std::string> scopes;
  base::Time created_at;
  std::optional<base::Time> expires_at;
  std::optional<base::Time> last_used_at;
  std::optional<base::Time> revoked_at;
};

// Not derived from KeyView: a Schema knows the members of one struct.
struct CreatedKeyView {
  KeyId id;
  std::optional<std::string> name;
  std::string prefix;
  std::vector<std::string> scopes;
  base::Time created_at;
  std::optional<base::Time> expires_at;
  std::optional<base::Time> last_used_at;
  std::optional<base::Time> revoked_at;
  std::string key;
};

KeyView view_of(const ApiKey& key);
CreatedKeyView view_of(const CreatedApiKey& created);

const json::Schema<SessionView>& session_schema();
const json::Schema<ClaimBody>& claim_schema();
const json::Schema<SignInBody>& sign_in_schema();
const json::Schema<TenantBody>& new_tenant_schema();
const json::Schema<Tenant>& tenant_schema();
const json::Schema<json::Page<Tenant>>& tenant_page_schema();
const json::Schema<NewApiKey>& new_key_schema();
const json::Schema<KeyView>& key_schema();
const json::Schema<json::Page<KeyView>>& key_page_schema();
const json::Schema<CreatedKeyView>& created_key_schema();

}  // namespace ashlar::security
