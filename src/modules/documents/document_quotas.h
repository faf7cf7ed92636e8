// DocumentQuotas: what a tenant, and a user, may have of documents at once: visits, and bytes in
// the database.
//
// Visits are this process's, exact. A tenant's bytes are what the database said last
// (set_stored(), every house-keeping) and what was written here since; until it has said anything,
// a tenant is not bound. A document's own are in its row.
//
// Any thread. Only visits take a lock; what a document asks with each update is atomic.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"

namespace ashlar::obs {
class Counter;
class Registry;
}  // namespace ashlar::obs

namespace ashlar::documents {

// 0: any.
struct QuotaLimits {
  std::int64_t visits_of_user = 0;
  std::int64_t visits_of_tenant = 0;
  std::int64_t bytes_of_document = 0;
  std::int64_t bytes_of_tenant = 0;
};

class DocumentQuotas {
 public:
  // One tenant's share; a document keeps its own tenant's.
  struct Use {
    std::atomic<std::int64_t> stored_bytes{0};
    std::atomic<bool> known{false};
  };

  DocumentQuotas(const QuotaLimits& limits, obs::Registry& metrics);

  // kTooMany too_many_visits_of_user, too_many_visits_of_tenant. Each that was let in leaves.
  base::Status enter(base::TenantId tenant, std::string_view user);
  void leave(base::TenantId tenant, std::string_view user);

  [[nodiscard]] std::shared_ptr<Use> use_of(base::TenantId tenant);
  // Whether a document that has `stored` bytes may have `more`: kTooMany document_storage_full,
  // tenant_storage_full. Whoever refuses something for it counts it: what is asked need not be new.
  [[nodiscard]] base::Status check_room(const Use& use, std::int64_t stored,
                                        std::size_t more) const;
  void count_refused() const;

  // Whose bytes have a limit and are asked for: those that have documents in memory.
  [[nodiscard]] std::vector<base::TenantId> tenants();
  void set_stored(base::TenantId tenant, std::int64_t bytes);

 private:
  struct Tenant {
    std::int64_t visits = 0;
    std::unordered_map<std::string, std::int64_t> users;
    std::shared_ptr<Use> use;
  };

  const QuotaLimits limits_;
  obs::Counter& visits_refused_;
  obs::Counter& bytes_refused_;

  std::mutex mutex_;  // guards what follows
  std::unordered_map<base::TenantId, Tenant> tenants_;
};

}  // namespace ashlar::documents
