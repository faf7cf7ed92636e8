#include "modules/documents/document_door.h"

#include <string>
#include <utility>

#include "base/clock.h"
#include "modules/documents/document_grants.h"
#include "modules/documents/document_host.h"
#include "modules/documents/documents_store.h"
#include "platform/security/api_keys.h"
#include "platform/storage/database.h"

namespace ashlar::documents {
namespace {

using base::Code;
using base::fail;

base::Error denied() {
  return fail(Code::kForbidden, "access_denied", "You have no access to this document.");
}

bool has_control_characters(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) return true;
  }
  return false;
}

}  // namespace

base::Status check_document_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxNameBytes || has_control_characters(name)) {
    return fail(Code::kInvalid, "document_name_invalid",
                "A document's name has 1 to 255 bytes and no control characters.");
  }
  if (name == "ws" || name == "hocuspocus") {
    return fail(Code::kInvalid, "document_name_reserved", "This name is reserved.");
  }
  return base::ok_status();
}

std::string user_of(const security::Principal& principal) {
  if (principal.kind == security::Principal::Kind::kAdmin) return "admin";
  return "key:" + principal.key.to_string();
}

Access access_of_scopes(const security::Principal& principal) {
  if (principal.has_scope(kWriteScope)) return Access::kWrite;
  return principal.has_scope(kReadScope) ? Access::kRead : Access::kNone;
}

base::Result<Visitor> DocumentDoor::admit(std::string_view credential, std::string_view document,
                                          std::optional<base::Mono> deadline) const {
  ASHLAR_TRY(check_document_name(document));
  if (credential.empty()) {
    return fail(Code::kUnauthenticated, "missing_credentials",
                "Give an API key or a document token.");
  }
  if (credential.starts_with(kTokenPrefix)) return by_token(credential, document, deadline);
  ASHLAR_ASSIGN(const auto principal, keys_.authenticate(credential, deadline));
  // What authenticated it may have been memory, which does not know when it ends.
  ASHLAR_ASSIGN(const auto end, end_of_key(principal->tenant, principal->key, deadline));
  if (!end) {
    return fail(Code::kUnauthenticated, "invalid_api_key", "The key was revoked or is over.");
  }
  ASHLAR_ASSIGN(Visitor visitor, admit(*principal, document, Access::kRead, deadline));
  visitor.expires = *end;
  return visitor;
}

base::Result<Visitor> DocumentDoor::admit(const security::Principal& principal,
                                          std::string_view document, Access wanted,
                                          std::optional<base::Mono> deadline) const {
  ASHLAR_TRY(check_document_name(document));
  Visitor visitor;
  visitor.tenant = principal.tenant;
  visitor.user = user_of(principal);
  visitor.cap = access_of_scopes(principal);
  visitor.key = principal.key;
  ASHLAR_ASSIGN(visitor, lowered(std::move(visitor), document, deadline));
  if (visitor.access < wanted) return denied();
  return visitor;
}

base::Result<Visitor> DocumentDoor::by_token(std::string_view credential, std::string_view document,
                                             std::optional<base::Mono> deadline) const {
  const std::optional<DocumentToken> token = tokens_.read(credential);
  if (!token) {
    return fail(Code::kUnauthenticated, "invalid_document_token", "This is no document token.");
  }
  if (token->expires <= clock_.now()) {
    return fail(Code::kUnauthenticated, "expired_document_token",
                "The document token's time is over.");
  }
  if (token->document != document) return denied();
  ASHLAR_ASSIGN(const bool revoked, is_revoked(*token, deadline));
  if (revoked) {
    return fail(Code::kUnauthenticated, "revoked_document_token",
                "The document token was revoked.");
  }
  Visitor visitor;
  visitor.tenant = token->tenant;
  visitor.user = token->user;
  visitor.name = token->name;
  visitor.info = token->info;
  visitor.cap = token->access;
  visitor.token = token->number;
  visitor.expires = token->expires;
  return lowered(std::move(visitor), document, deadline);
}

base::Result<std::optional<base::Time>> DocumentDoor::end_of_key(
    base::TenantId tenant, security::KeyId key, std::optional<base::Mono> deadline) const {
  const auto found = keys_.find(storage::Context::tenant(tenant, deadline), key);
  if (!found.ok()) {
    if (found.error().code == Code::kNotFound) return std::optional<base::Time>();
    return found.error();
  }
  const base::Time end = found->expires_at.value_or(base::Time::max());
  if (found->revoked_at || end <= clock_.now()) return std::optional<base::Time>();
  return std::optional(end);
}

base::Result<bool> DocumentDoor::is_revoked(const Visitor& visitor, std::string_view document,
                                            std::optional<base::Mono> deadline) const {
  return db_.read(
      storage::Context::tenant(visitor.tenant, deadline),
      [&](storage::Transaction& tx) { return store::is_revoked(tx, document, visitor.token); });
}

// Also by the end of the document for which it was made.
base::Result<bool> DocumentDoor::is_revoked(const DocumentToken& token,
                                            std::optional<base::Mono> deadline) const {
  return db_.read(storage::Context::tenant(token.tenant, deadline),
                  [&](storage::Transaction& tx) -> base::Result<bool> {
                    ASHLAR_ASSIGN(const bool revoked,
                                  store::is_revoked(tx, token.document, token.number));
                    if (revoked) return true;
                    return store::has_ended(tx, token.document, token.made);
                  });
}

base::Result<Visitor> DocumentDoor::lowered(Visitor visitor, std::string_view document,
                                            std::optional<base::Mono> deadline) const {
  ASHLAR_ASSIGN(visitor.access, decided_access(authorizer_, visitor.tenant, visitor.user, document,
                                               visitor.cap, deadline));
  if (visitor.access == Access::kNone) return denied();
  return visitor;
}

base::Result<Access> DocumentDoor::check_again(const Visitor& visitor, std::string_view document,
                                               std::optional<base::Mono> deadline) const {
  if (visitor.token != 0) {
    ASHLAR_ASSIGN(const bool revoked, is_revoked(visitor, document, deadline));
    if (revoked) return Access::kNone;
  }
  if (visitor.key.is_set()) {
    ASHLAR_ASSIGN(const auto end, end_of_key(visitor.tenant, visitor.key, deadline));
    if (!end) return Access::kNone;
  }
  return decided_access(authorizer_, visitor.tenant, visitor.user, document, visitor.cap, deadline);
}

}  // namespace ashlar::documents
