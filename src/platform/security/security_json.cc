#include "platform/security/security_json.h"

#include "platform/security/api_key.h"
#include "platform/security/idempotency.h"
#include "platform/security/password.h"

namespace ashlar::security {
namespace {

// The members that both views of a key have.
template <class View>
json::Schema<View> key_fields(json::Schema<View> schema) {
  schema.required("id", &View::id, {.doc = "Names the key.", .example = "8070450532247928832"})
      .required("name", &View::name, {.doc = "What it is for.", .example = "importer"})
      .required("prefix", &View::prefix,
                {.doc = "The beginning of the key: enough to recognise it, nothing to use it with.",
                 .example = "ashlar_sk_4fQzA81kLm0P"})
      .required("scopes", &View::scopes, {.doc = "What it may do.", .example = "links:read"})
      .required("created_at", &View::created_at, {.doc = "When it was made."})
      .required("expires_at", &View::expires_at,
                {.doc = "From when on it is refused; null: never."})
      .required("last_used_at", &View::last_used_at,
                {.doc = "When it was last used, up to a minute behind; null: not yet."})
      .required("revoked_at", &View::revoked_at, {.doc = "When it was revoked; null: it was not."});
  return schema;
}

template <class View>
void fill(View& view, const ApiKey& key) {
  view.id = key.id;
  view.name = key.name;
  view.prefix = api_key_display(key.public_id);
  view.scopes = key.scopes;
  view.created_at = key.created_at;
  view.expires_at = key.expires_at;
  view.last_used_at = key.last_used_at;
  view.revoked_at = key.revoked_at;
}

}  // namespace

KeyView view_of(const ApiKey& key) {
  KeyView view;
  fill(view, key);
  return view;
}

CreatedKeyView view_of(const CreatedApiKey& created) {
  CreatedKeyView view;
  fill(view, created.key);
  view.key = created.text;
  return view;
}

const json::Schema<SessionView>& session_schema() {
  static const auto schema =
      json::Schema<SessionView>("AdminSession", "Where the console stands.")
          .required("authenticated", &SessionView::authenticated,
                    {.doc = "Whether this request carries a session."})
          .required("claimed", &SessionView::claimed,
                    {.doc = "Whether an administrator's password has been set."})
          .required("version", &SessionView::version, {.doc = "Of Ashlar.", .example = "0.1.0"});
  return schema;
}

const json::Schema<ClaimBody>& claim_schema() {
  static const auto schema =
      json::Schema<ClaimBody>("AdminClaim", "Takes the console over, once.")
          .required("token", &ClaimBody::token,
                    {.doc = "From the one-time link.", .min_length = 1, .max_length = 100})
          .required("password", &ClaimBody::password,
                    {.doc = "The administrator's password from now on.",
                     .min_length = kMinPasswordChars,
                     .max_length = kMaxPasswordChars,
                     .format = "password"});
  return schema;
}

const json::Schema<SignInBody>& sign_in_schema() {
  static const auto schema = json::Schema<SignInBody>("AdminSignIn", "Opens a session.")
                                 .required("password", &SignInBody::password,
                                           {.doc = "The administrator's.",
                                            .max_length = kMaxPasswordChars,
                                            .format = "password"});
  return schema;
}

const json::Schema<TenantBody>& new_tenant_schema() {
  static const auto schema =
      json::Schema<TenantBody>("NewTenant", "A tenant to be.")
          .required("name", &TenantBody::name,
                    {.doc = "Unique; lower-case letters, digits and hyphens. It never changes.",
                     .min_length = 1,
                     .max_length = 63,
                     .pattern = "^[a-z0-9-]+$",
                     .example = "acme"});
  return schema;
}

const json::Schema<Tenant>& tenant_schema() {
  static const auto schema =
      json::Schema<Tenant>("Tenant", "One for whom data is kept apart from all others'.")
          .required("id", &Tenant::id, {.doc = "Names the tenant.", .example = "1"})
          .required("name", &Tenant::name, {.doc = "Unique.", .example = "acme"})
          .required("created_at", &Tenant::created_at, {.doc = "When it was made."});
  return schema;
}

const json::Schema<json::Page<Tenant>>& tenant_page_schema() {
  static const auto schema = json::page_schema(tenant_schema());
  return schema;
}

const json::Schema<NewApiKey>& new_key_schema() {
  static const auto schema =
      json::Schema<NewApiKey>("NewKey", "An API key to be.")
          .optional("name", &NewApiKey::name,
                    {.doc = "What it is for.",
                     .min_length = 1,
                     .max_length = ApiKeys::kMaxKeyNameChars,
                     .example = "importer"})
          .required("scopes", &NewApiKey::scopes,
                    {.doc = "What it may do; none that the calling key does not have itself.",
                     .max_length = 64,
                     .min_items = 1,
                     .max_items = 64,
                     .example = "links:read"})
          .optional("expires_at", &NewApiKey::expires_at,
                    {.doc = "From when on it is refused; left out: never."});
  return schema;
}

const json::Schema<KeyView>& key_schema() {
  static const auto schema =
      key_fields(json::Schema<KeyView>("Key", "An API key, without what makes it one."));
  return schema;
}

const json::Schema<json::Page<KeyView>>& key_page_schema() {
  static const auto schema = json::page_schema(key_schema());
  return schema;
}

const json::Schema<CreatedKeyView>& created_key_schema() {
  static const auto schema =
      key_fields(json::Schema<CreatedKeyView>("CreatedKey", "A new API key, shown this once."))
          .optional(kSecretMember, &CreatedKeyView::key,
                    {.doc = "The key itself. Ashlar keeps only its hash: store it now. It is not "
                            "in the answer to a repeat with the same Idempotency-Key."});
  return schema;
}

}  // namespace ashlar::security
