// DocumentDoor: who may enter a document: an API key with a scope, or a document token; lowered by
// what the Authorizer says.
//
// Any thread; blocks (storage), unless all it needs is in memory.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "modules/documents/document_token.h"
#include "modules/documents/peer.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::security {
class ApiKeys;
class Authorizer;
struct Principal;
}  // namespace ashlar::security
namespace ashlar::storage {
class Database;
}

namespace ashlar::documents {

inline constexpr std::string_view kReadScope = "documents:read";
inline constexpr std::string_view kWriteScope = "documents:write";

// "key:42"; "admin" of the console's administrator.
std::string user_of(const security::Principal& principal);
Access access_of_scopes(const security::Principal& principal);

class DocumentDoor {
 public:
  // All outlive it.
  DocumentDoor(const DocumentTokens& tokens, security::ApiKeys& keys,
               security::Authorizer& authorizer, storage::Database& db, const base::Clock& clock)
      : tokens_(tokens), keys_(keys), authorizer_(authorizer), db_(db), clock_(clock) {}

  // document_host.h, admit().
  base::Result<Visitor> admit(std::string_view credential, std::string_view document,
                              std::optional<base::Mono> deadline) const;
  // Of an API call that was authenticated already; kForbidden access_denied below `wanted`.
  base::Result<Visitor> admit(const security::Principal& principal, std::string_view document,
                              Access wanted, std::optional<base::Mono> deadline) const;
  // What somebody who is inside may do by now; kNone: his key or token was revoked or is over, or
  // he was shut out. Nothing of it from memory.
  base::Result<Access> check_again(const Visitor& visitor, std::string_view document,
                                   std::optional<base::Mono> deadline) const;

 private:
  base::Result<Visitor> by_token(std::string_view credential, std::string_view document,
                                 std::optional<base::Mono> deadline) const;
  // nullopt: it was revoked or is over.
  base::Result<std::optional<base::Time>> end_of_key(base::TenantId tenant, security::KeyId key,
                                                     std::optional<base::Mono> deadline) const;
  base::Result<bool> is_revoked(const DocumentToken& token,
                                std::optional<base::Mono> deadline) const;
  base::Result<bool> is_revoked(const Visitor& visitor, std::string_view document,
                                std::optional<base::Mono> deadline) const;
  base::Result<Visitor> lowered(Visitor visitor, std::string_view document,
                                std::optional<base::Mono> deadline) const;

  const DocumentTokens& tokens_;
  security::ApiKeys& keys_;
  security::Authorizer& authorizer_;
  storage::Database& db_;
  const base::Clock& clock_;
};

}  // namespace ashlar::documents
