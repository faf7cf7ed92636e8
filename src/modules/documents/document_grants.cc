#include "modules/documents/document_grants.h"

#include <array>

#include "modules/documents/documents_store.h"
#include "platform/storage/database.h"

namespace ashlar::documents {
namespace {

constexpr std::array<std::string_view, 4> kAccessNames{"none", "read", "comment", "write"};

}  // namespace

std::string_view access_name(Access access) {
  return kAccessNames[static_cast<std::size_t>(access)];
}

std::optional<Access> access_of_name(std::string_view name) {
  for (std::size_t i = 0; i < kAccessNames.size(); ++i) {
    if (kAccessNames[i] == name) return static_cast<Access>(i);
  }
  return std::nullopt;
}

base::Result<security::Decision> DocumentGrants::decide(const security::AccessQuestion& question) {
  const std::optional<Access> wanted = access_of_name(question.action);
  if (!wanted || !question.resource.starts_with(kDocumentResource)) {
    return security::Decision::kSilent;
  }
  const std::string_view name = question.resource.substr(kDocumentResource.size());
  const auto context = storage::Context::tenant(question.tenant, question.deadline);
  ASHLAR_ASSIGN(
      const std::optional<Access> granted,
      db_.read(context, [&](storage::Transaction& tx) -> base::Result<std::optional<Access>> {
        ASHLAR_ASSIGN(const auto document, store::find(tx, name));
        if (!document) return std::optional<Access>();
        ASHLAR_ASSIGN(const auto own, store::find_grant(tx, document->no, question.subject));
        if (own) return own;
        return store::find_grant(tx, document->no, kEverybody);
      }));
  if (!granted) return security::Decision::kSilent;
  return *granted >= *wanted ? security::Decision::kAllow : security::Decision::kDeny;
}

base::Result<Access> decided_access(security::Authorizer& authorizer, base::TenantId tenant,
                                    std::string_view user, std::string_view document, Access cap,
                                    std::optional<base::Mono> deadline) {
  const std::string resource = std::string(kDocumentResource) + std::string(document);
  for (Access access = cap; access != Access::kNone;
       access = static_cast<Access>(static_cast<int>(access) - 1)) {
    ASHLAR_ASSIGN(const security::Decision decision,
                  authorizer.decide({tenant, user, resource, access_name(access), deadline}));
    if (decision != security::Decision::kDeny) return access;
  }
  return Access::kNone;
}

}  // namespace ashlar::documents
