// FoldCache: payments as they were when they were last seen committed, so that a unit folds only
// what came after. It may lag behind and never runs ahead: whoever takes one reads the events that
// it does not have (fold_on). At most kMaxPayments; the least recently used go. Any thread.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/strong_id.h"
#include "modules/payments/payment.h"

namespace ashlar::payments {

class FoldCache {
 public:
  static constexpr std::size_t kMaxPayments = 8'192;

  // Null: it is not here.
  [[nodiscard]] std::shared_ptr<const Payment> find(base::TenantId tenant, std::string_view id) {
    const std::lock_guard lock(mutex_);
    const auto at = places_.find(key_of(tenant, id));
    if (at == places_.end()) return nullptr;
    order_.splice(order_.begin(), order_, at->second);
    return at->second->payment;
  }

  // REQUIRES: it is committed. An older one than what is here changes nothing.
  void put(base::TenantId tenant, std::shared_ptr<const Payment> payment) {
    const std::lock_guard lock(mutex_);
    std::string key = key_of(tenant, payment->id);
    const auto at = places_.find(key);
    if (at != places_.end()) {
      if (at->second->payment->events < payment->events) at->second->payment = std::move(payment);
      order_.splice(order_.begin(), order_, at->second);
      return;
    }
    order_.push_front({key, std::move(payment)});
    places_.emplace(std::move(key), order_.begin());
    if (order_.size() <= kMaxPayments) return;
    places_.erase(order_.back().key);
    order_.pop_back();
  }

 private:
  struct Kept {
    std::string key;
    std::shared_ptr<const Payment> payment;
  };
  static std::string key_of(base::TenantId tenant, std::string_view id) {
    return tenant.to_string() + ":" + std::string(id);
  }

  std::mutex mutex_;  // guards what follows
  std::list<Kept> order_;
  std::unordered_map<std::string, std::list<Kept>::iterator> places_;
};

}  // namespace ashlar::payments
