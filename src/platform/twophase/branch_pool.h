// BranchPool: connections to one branch, kept between transactions. Any thread.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "platform/storage/postgres_link.h"

namespace ashlar::twophase {

class BranchPool {
 public:
  struct Options {
    std::string name;
    std::string url;
    std::size_t max_idle = 16;
    base::Seconds connect_timeout{5};
    base::Millis statement_timeout{10'000};
    base::Millis idle_timeout{30'000};  // of a transaction in which nothing happens
  };
  explicit BranchPool(Options options) : options_(std::move(options)) {}

  // A connection outside any transaction. One that has lain idle may be dead: ask for a fresh one
  // then, which forgets the others too.
  base::Result<storage::PostgresLink> take();
  base::Result<storage::PostgresLink> take_fresh();
  // One that may be in whatever state: kept only where it is fit.
  void give_back(storage::PostgresLink link);

  [[nodiscard]] const std::string& name() const { return options_.name; }

 private:
  const Options options_;
  std::mutex mutex_;
  std::vector<storage::PostgresLink> idle_;  // guarded by mutex_
};

}  // namespace ashlar::twophase
