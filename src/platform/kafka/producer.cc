#include "platform/kafka/producer.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "base/clock.h"

namespace ashlar::kafka {
namespace {

// One wait inside librdkafka: so soon a stop is seen.
constexpr int kStep_ms = 2'000;
constexpr int kPause_ms = 100;
constexpr std::size_t kMaxRefused = 1'000;

std::string describe(const rd_kafka_error_t* error) {
  return std::string(rd_kafka_error_string(error)) + " (" +
         std::to_string(rd_kafka_error_code(error)) + ")";
}

bool is_fenced(int code) {
  return code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
         code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
}

// No retry changes what the broker, or librdkafka before it, thinks of such a record.
bool is_refusal(int code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
      return true;
    default:
      return false;
  }
}

}  // namespace

struct ProducerHooks {
  static void delivered(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    auto* producer = static_cast<Producer*>(owner_of(opaque));
    producer->delivered(reinterpret_cast<std::intptr_t>(message->_private), message->err);
  }
};

Producer::Producer(const base::Clock& clock, const std::atomic<bool>& stopping)
    : clock_(clock), stopping_(stopping) {}

base::Result<std::unique_ptr<Producer>> Producer::create(const ProducerOptions& options,
                                                         const base::Clock& clock, obs::Log& log,
                                                         const std::atomic<bool>& stopping) {
  CHECK(options.message_timeout < options.transaction_timeout);
  const Properties own = {
      {"transactional.id", options.transactional_id},
      {"enable.idempotence", "true"},
      {"partitioner", "murmur2_random"},  // librdkafka's own would part a key from Java's
      {"transaction.timeout.ms", std::to_string(options.transaction_timeout.count())},
      {"message.timeout.ms", std::to_string(options.message_timeout.count())},
  };
  std::unique_ptr<Producer> producer(new Producer(clock, stopping));
  const Callbacks callbacks{
      [](rd_kafka_conf_t* conf) { rd_kafka_conf_set_dr_msg_cb(conf, &ProducerHooks::delivered); },
      producer.get()};
  ASHLAR_ASSIGN(producer->client_,
                open_client(Role::kProducer, options.connection, own, log, callbacks));
  return producer;
}

Producer::~Producer() {
  if (!client_) return;
  // What is queued belongs to a transaction that will never be committed from here.
  rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                    RD_KAFKA_PURGE_F_NON_BLOCKING);
  rd_kafka_poll(client_.get(), 0);
}

Outcome Producer::init(base::Mono deadline) {
  return settle(deadline, [&] { return rd_kafka_init_transactions(client_.get(), kStep_ms); });
}

Outcome Producer::begin() {
  refused_.clear();
  return settle(clock_.mono(), [&] { return rd_kafka_begin_transaction(client_.get()); });
}

Outcome Producer::produce(const Record& record, std::int64_t tag, base::Mono deadline,
                          std::int32_t partition) {
  std::vector<rd_kafka_vu_t> fields(6 + record.headers.size());
  std::size_t n = 0;
  fields[n].vtype = RD_KAFKA_VTYPE_TOPIC;
  fields[n++].u.cstr = record.topic.c_str();
  fields[n].vtype = RD_KAFKA_VTYPE_PARTITION;
  fields[n++].u.i32 = partition == kByKey ? RD_KAFKA_PARTITION_UA : partition;
  fields[n].vtype = RD_KAFKA_VTYPE_KEY;
  fields[n++].u.mem = {const_cast<char*>(record.key.data()), record.key.size()};
  fields[n].vtype = RD_KAFKA_VTYPE_VALUE;
  fields[n++].u.mem = {const_cast<char*>(record.value.data()), record.value.size()};
  fields[n].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  fields[n++].u.i = RD_KAFKA_MSG_F_COPY;
  fields[n].vtype = RD_KAFKA_VTYPE_OPAQUE;
  fields[n++].u.ptr = reinterpret_cast<void*>(static_cast<std::intptr_t>(tag));
  for (const auto& [name, value] : record.headers) {
    fields[n].vtype = RD_KAFKA_VTYPE_HEADER;
    fields[n++].u.header = {name.c_str(), value.data(), static_cast<ssize_t>(value.size())};
  }
  while (true) {
    rd_kafka_error_t* error = rd_kafka_produceva(client_.get(), fields.data(), fields.size());
    if (error == nullptr) return Outcome::kDone;
    const int code = rd_kafka_error_code(error);
    problem_ = describe(error);
    rd_kafka_error_destroy(error);
    if (rd_kafka_fatal_error(client_.get(), nullptr, 0) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return Outcome::kBroken;
    }
    if (is_refusal(code)) delivered(tag, code);
    if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) return Outcome::kSpoilt;
    if (stopping_ || clock_.mono() >= deadline) return Outcome::kSpoilt;
    rd_kafka_poll(client_.get(), kPause_ms);
  }
}

Outcome Producer::commit(base::Mono deadline) {
  return settle(deadline, [&] { return rd_kafka_commit_transaction(client_.get(), kStep_ms); });
}

Outcome Producer::abort(base::Mono deadline) {
  const Outcome outcome =
      settle(deadline, [&] { return rd_kafka_abort_transaction(client_.get(), kStep_ms); });
  return outcome == Outcome::kSpoilt ? Outcome::kBroken : outcome;
}

Outcome Producer::settle(base::Mono deadline, const std::function<rd_kafka_error_s*()>& call) {
  while (true) {
    rd_kafka_error_t* error = call();
    if (error == nullptr) return Outcome::kDone;
    const bool fatal = rd_kafka_error_is_fatal(error) != 0;
    const bool abortable = rd_kafka_error_txn_requires_abort(error) != 0;
    const bool retriable = rd_kafka_error_is_retriable(error) != 0;
    const int code = rd_kafka_error_code(error);
    problem_ = describe(error);
    rd_kafka_error_destroy(error);
    if (fatal || is_fenced(code)) {
      std::array<char, 512> reason{};
      const int cause = rd_kafka_fatal_error(client_.get(), reason.data(), reason.size());
      fenced_ = is_fenced(code) || is_fenced(cause);
      if (cause != RD_KAFKA_RESP_ERR_NO_ERROR) problem_ = reason.data();
      return Outcome::kBroken;
    }
    if (abortable) return Outcome::kSpoilt;
    if (!retriable || stopping_ || clock_.mono() >= deadline) return Outcome::kBroken;
    rd_kafka_poll(client_.get(), kPause_ms);
  }
}

void Producer::delivered(std::int64_t tag, int code) {
  if (is_refusal(code) && refused_.size() < kMaxRefused) {
    refused_.push_back({tag, error_text(code)});
  }
}

}  // namespace ashlar::kafka
