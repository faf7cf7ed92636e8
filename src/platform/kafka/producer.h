// Producer: a transactional, idempotent producer whose failures come in three kinds, each with its
// own way on.
//
//   [new] ──init()──> [ready] ──begin()──> [open] ──commit()──> [ready]
//                        ^                   │ abortable
//                        └──── abort() ── [spoilt]
//   any ── fatal, or an outcome that nobody knows ──> [broken]   destroy it, make another
//
// What librdkafka reports, and what is done (settle(), in this order):
//   fatal      (fenced by a newer producer of the same id, lost sequence, …)  kBroken
//   abortable  (a record could not be delivered, the coordinator gave up, …)  kSpoilt: abort(),
//   then
//              the caller rewinds to where the transaction began
//   retriable  (coordinator moves, time-outs)  the same call again until `deadline`, then kBroken
//   anything else  kBroken: what happened to the transaction is not known
//
// Promises
//  1. The records of a transaction and only those are seen by read_committed readers after commit()
//     has answered kDone; none of them ever after kSpoilt and abort(). After kBroken either:
//     whoever must know makes a new one and reads back (relay.h).
//  2. After init() has answered kDone no earlier producer of the same transactional id, in whatever
//     process, commits anything any more, and all that it had begun is committed or aborted.
//  3. Records of one key go to the partition that a Java producer would choose (murmur2), in the
//     order of produce().
//
// One thread at a time. Calls wait for the network, to `deadline` at the latest (and a step more).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "platform/kafka/client.h"
#include "platform/kafka/record.h"

struct rd_kafka_error_s;
namespace ashlar::base {
class Clock;
}

namespace ashlar::kafka {

struct ProducerOptions {
  Connection connection;
  std::string transactional_id;
  // How long the broker lets an unfinished transaction hold readers back; the time to deliver one
  // record must be shorter. REQUIRES: message_timeout < transaction_timeout.
  base::Millis transaction_timeout{60'000};
  base::Millis message_timeout{30'000};
};

enum class Outcome : std::uint8_t { kDone, kSpoilt, kBroken };

class Producer {
 public:
  // `clock` and `log` outlive it. `stopping`: commit() and the like give up soon (kBroken).
  static base::Result<std::unique_ptr<Producer>> create(const ProducerOptions& options,
                                                        const base::Clock& clock, obs::Log& log,
                                                        const std::atomic<bool>& stopping);
  ~Producer();
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  Outcome init(base::Mono deadline);
  Outcome begin();
  // `tag` comes back in refused(). The record is copied. To `partition`, or where the key says.
  Outcome produce(const Record& record, std::int64_t tag, base::Mono deadline,
                  std::int32_t partition = kByKey);
  Outcome commit(base::Mono deadline);
  Outcome abort(base::Mono deadline);

  static constexpr std::int32_t kByKey = -1;

  // Records of the transaction that no retry will ever deliver: too large, refused by the topic.
  // Where there are some, abort() and make another producer: the numbers of this one have a hole.
  struct Refused {
    std::int64_t tag = 0;
    std::string error;
  };
  [[nodiscard]] const std::vector<Refused>& refused() const { return refused_; }

  // The sentence behind the last outcome that was not kDone.
  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] bool fenced() const { return fenced_; }
  [[nodiscard]] rd_kafka_s* client() { return client_.get(); }

 private:
  Producer(const base::Clock& clock, const std::atomic<bool>& stopping);

  Outcome settle(base::Mono deadline, const std::function<rd_kafka_error_s*()>& call);
  void delivered(std::int64_t tag, int code);
  friend struct ProducerHooks;

  const base::Clock& clock_;
  const std::atomic<bool>& stopping_;
  std::vector<Refused> refused_;
  std::string problem_;
  bool fenced_ = false;
  Client client_;  // last: its callbacks use the above
};

}  // namespace ashlar::kafka
