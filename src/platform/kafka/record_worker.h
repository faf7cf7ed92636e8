// RecordWorker: the effects of a consumer's records, each in one transaction with the position.
//
//   batch ──one transaction──> effects + positions
//     │ fails
//     v
//   one by one ──fails──> parked, in the transaction that moves the position past it
//
// Invariants
//  1. Each transaction with an effect moves the rows of its partitions from the offset that we
//  know,
//     under our epoch; or takes a parked row out. So no effect commits twice, nor from two owners.
//  2. After an error that is the database's state (storage_unavailable, storage_busy, storage_full)
//     what is left of the batch stays, and nothing is parked.
// One thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "platform/events/consumers.h"
#include "platform/kafka/group_reader.h"
#include "platform/kafka/positions_store.h"

namespace ashlar::obs {
class Counter;
}
namespace ashlar::storage {
class Database;
class Transaction;
}  // namespace ashlar::storage

namespace ashlar::kafka {

class RecordWorker {
 public:
  // All by reference outlives it.
  RecordWorker(const events::ConsumerOptions& options, std::string instance, std::uint64_t seed,
               storage::Database& db, const base::Clock& clock, obs::Registry& metrics,
               obs::Log& log);
  RecordWorker(const RecordWorker&) = delete;
  RecordWorker& operator=(const RecordWorker&) = delete;

  // Where each stands; Claim::kNone: nothing was consumed yet, and begin() must follow.
  base::Result<std::vector<store::Claim>> claim(const std::vector<TopicPartition>& partitions);
  base::Status begin(const TopicPartition& at, store::Claim& claim, std::int64_t offset);
  void own(const TopicPartition& at, const store::Claim& claim) { owned_[at] = claim; }
  void let_go(const TopicPartition& at);  // what is batched of it too
  void let_go_all();
  // Past records that are gone. REQUIRES: owned.
  base::Status skip_to(const TopicPartition& at, std::int64_t offset);
  [[nodiscard]] const std::map<TopicPartition, store::Claim>& owned() const { return owned_; }

  // Leaves out what is another's or done already.
  void add(Fetched fetched);
  [[nodiscard]] bool has_batch() const { return !batch_.empty(); }
  base::Status apply();      // the batch
  base::Status retry_due();  // what is parked and due

  [[nodiscard]] std::int64_t effects() const { return effects_; }  // committed, ever

 private:
  struct Item {
    TopicPartition at;
    std::int64_t offset = 0;
    std::string key;  // whose order it keeps
    events::Event event;
    std::optional<base::Error> malformed;
  };

  base::Status apply_one_by_one();
  base::Status consume(std::span<const Item> items, const std::optional<base::Error>& failed);
  base::Status consume_in(storage::Transaction& tx, std::span<const Item> items,
                          const std::optional<store::Failure>& failed, int& effects);
  base::Status consume_item(storage::Transaction& tx, const Item& item, bool any_waiting,
                            int& effects);
  base::Status park(storage::Transaction& tx, const Item& item, const store::Failure& failure);
  base::Status look_again(const TopicPartition& at);
  base::Status retry(const TopicPartition& at, const store::Parked& parked);
  base::Status fail(const TopicPartition& at, const store::Parked& parked,
                    const base::Error& error);
  store::Failure failure(int attempts, const base::Error& error, bool hopeless);
  [[nodiscard]] store::Partition row(const TopicPartition& at) const {
    return {options_.name, at.topic, at.partition};
  }
  [[nodiscard]] bool wanted(const events::Event& event) const;

  const events::ConsumerOptions& options_;
  const std::string instance_;
  storage::Database& db_;
  const base::Clock& clock_;
  obs::Log& log_;
  base::Random random_;
  obs::Counter& consumed_;
  obs::Counter& failed_;
  obs::Counter& died_;

  std::map<TopicPartition, store::Claim> owned_;
  std::vector<Item> batch_;  // of owned partitions, in order within each
  std::int64_t effects_ = 0;
};

}  // namespace ashlar::kafka
