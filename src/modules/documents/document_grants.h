// DocumentGrants: the Authorizer of documents: what was granted to somebody for one document (rows
// of documents_grants).
//
// A grant for a subject says all that he may do: what lies above it is denied, whatever his token
// says. A grant for "*" holds for those who have none of their own. Without any: kSilent.
// Questions are about "document:NAME", "read", "comment" or "write". Any thread; blocks.
#pragma once

#include <string>
#include <string_view>

#include "modules/documents/peer.h"
#include "platform/security/authorizer.h"

namespace ashlar::storage {
class Database;
}

namespace ashlar::documents {

inline constexpr std::string_view kEverybody = "*";
inline constexpr std::string_view kDocumentResource = "document:";

// "none", "read", "comment", "write".
std::string_view access_name(Access access);
std::optional<Access> access_of_name(std::string_view name);

class DocumentGrants final : public security::Authorizer {
 public:
  explicit DocumentGrants(storage::Database& db) : db_(db) {}

  base::Result<security::Decision> decide(const security::AccessQuestion& question) override;

 private:
  storage::Database& db_;
};

// The most, up to `cap`, that the authorizer does not deny.
base::Result<Access> decided_access(security::Authorizer& authorizer, base::TenantId tenant,
                                    std::string_view user, std::string_view document, Access cap,
                                    std::optional<base::Mono> deadline);

}  // namespace ashlar::documents
