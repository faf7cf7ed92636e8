#include "modules/documents/document_quotas.h"

#include "base/check.h"
#include "platform/observability/metrics.h"

namespace ashlar::documents {
namespace {

using base::Code;
using base::fail;

constexpr std::string_view kRefused = "ashlar_documents_quota_refused_total";
constexpr std::string_view kRefusedHelp = "Visits and updates that a quota did not admit.";

}  // namespace

DocumentQuotas::DocumentQuotas(const QuotaLimits& limits, obs::Registry& metrics)
    : limits_(limits),
      visits_refused_(metrics.make_counter(kRefused, kRefusedHelp, {{"quota", "visits"}})),
      bytes_refused_(metrics.make_counter(kRefused, kRefusedHelp, {{"quota", "bytes"}})) {}

base::Status DocumentQuotas::enter(base::TenantId tenant, std::string_view user) {
  const std::lock_guard lock(mutex_);
  Tenant& its = tenants_[tenant];
  if (limits_.visits_of_tenant > 0 && its.visits >= limits_.visits_of_tenant) {
    visits_refused_.add();
    return fail(Code::kTooMany, "too_many_visits_of_tenant",
                "The tenant has as many documents open as it may have at once.");
  }
  std::int64_t& visits = its.users[std::string(user)];
  if (limits_.visits_of_user > 0 && visits >= limits_.visits_of_user) {
    visits_refused_.add();
    return fail(Code::kTooMany, "too_many_visits_of_user",
                "The user has as many documents open as he may have at once.");
  }
  ++visits;
  ++its.visits;
  return base::ok_status();
}

void DocumentQuotas::leave(base::TenantId tenant, std::string_view user) {
  const std::lock_guard lock(mutex_);
  const auto found = tenants_.find(tenant);
  CHECK(found != tenants_.end());
  Tenant& its = found->second;
  const auto visits = its.users.find(std::string(user));
  CHECK(visits != its.users.end());
  if (--visits->second == 0) its.users.erase(visits);
  --its.visits;
}

std::shared_ptr<DocumentQuotas::Use> DocumentQuotas::use_of(base::TenantId tenant) {
  const std::lock_guard lock(mutex_);
  Tenant& its = tenants_[tenant];
  if (its.use == nullptr) its.use = std::make_shared<Use>();
  return its.use;
}

base::Status DocumentQuotas::check_room(const Use& use, std::int64_t stored,
                                        std::size_t more) const {
  const auto bytes = static_cast<std::int64_t>(more);
  if (limits_.bytes_of_document > 0 && stored + bytes > limits_.bytes_of_document) {
    return fail(Code::kTooMany, "document_storage_full",
                "The document, with its past, is as large as it may be.");
  }
  const bool bound = limits_.bytes_of_tenant > 0 && use.known;
  if (bound && use.stored_bytes + bytes > limits_.bytes_of_tenant) {
    return fail(Code::kTooMany, "tenant_storage_full",
                "The tenant's documents, with their past, are as large as they may be.");
  }
  return base::ok_status();
}

void DocumentQuotas::count_refused() const { bytes_refused_.add(); }

// A tenant that nobody needs any more is forgotten here.
std::vector<base::TenantId> DocumentQuotas::tenants() {
  std::vector<base::TenantId> all;
  const std::lock_guard lock(mutex_);
  std::erase_if(tenants_, [](const auto& one) {
    return one.second.visits == 0 && (one.second.use == nullptr || one.second.use.use_count() == 1);
  });
  if (limits_.bytes_of_tenant == 0) return all;
  for (const auto& [tenant, its] : tenants_) {
    if (its.use != nullptr) all.push_back(tenant);
  }
  return all;
}

void DocumentQuotas::set_stored(base::TenantId tenant, std::int64_t bytes) {
  const std::lock_guard lock(mutex_);
  const auto found = tenants_.find(tenant);
  if (found == tenants_.end() || found->second.use == nullptr) return;
  found->second.use->stored_bytes = bytes;
  found->second.use->known = true;
}

}  // namespace ashlar::documents
