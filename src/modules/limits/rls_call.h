// RlsCall: one ShouldRateLimit on its way: the request, the batch that decides it, the answer.
//
//   request filled by a codec ──RlsService::should_rate_limit()──> batch ──LimitState::decide()──>
//     on_decided() ──> the answer is made ──> on_answered()
//
// Texts of the request are views: whoever decoded it keeps the bytes until on_answered(). An
// RlsCall may be used again after clear(): its vectors keep their memory.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/limits/batch.h"
#include "modules/limits/rls_tree.h"
#include "platform/json/value.h"

namespace ashlar::limits {

class RlsService;

struct RlsOverride {
  std::uint32_t requests_per_unit = 0;
  std::int32_t unit = 0;  // as sent: any number may come
};

struct RlsAsk {  // one descriptor
  std::uint32_t first_entry = 0;
  std::uint32_t entries = 0;
  std::optional<RlsOverride> limit;
  std::optional<std::uint64_t> hits_addend;  // 0: only looks
  bool is_negative_hits = false;             // gives back
};

struct RlsRequest {
  static constexpr std::size_t kMaxEntries = 1024;  // of all descriptors

  std::string_view domain;
  std::uint32_t hits_addend = 0;  // 0 means 1
  std::vector<RlsAsk> descriptors;
  std::vector<RlsEntry> entries;  // of all descriptors, one after the other

  [[nodiscard]] std::span<const RlsEntry> entries_of(const RlsAsk& ask) const {
    return std::span(entries).subspan(ask.first_entry, ask.entries);
  }
  void clear();
};

enum class RlsCode : std::uint8_t { kUnknown = 0, kOk = 1, kOverLimit = 2 };

struct RlsStatus {
  RlsCode code = RlsCode::kOk;
  bool has_limit = false;  // current_limit and duration_until_reset are there
  RlsUnit unit = RlsUnit::kUnknown;
  std::uint32_t requests_per_unit = 0;
  std::string_view name;  // RlsCall keeps what it points to
  std::uint32_t limit_remaining = 0;
  std::int64_t reset_s = 0;
};

struct RlsResponse {
  RlsCode overall_code = RlsCode::kUnknown;
  std::vector<RlsStatus> statuses;  // one for each descriptor
  std::vector<std::pair<std::string, std::string>> headers;
  json::Value::Object metadata;  // empty: none

  void clear();
};

class RlsCall : public Batch {
 public:
  RlsRequest request;

  // The answer: an error (its detail is what ratelimit would say), or the response.
  base::Status status;
  RlsResponse response;

  // Where the decision was made: within should_rate_limit(), or later on the state's loop.
  virtual void on_answered() = 0;

  void clear();  // REQUIRES: no decision under way

 protected:
  RlsCall() = default;
  virtual ~RlsCall() = default;

 private:
  friend class RlsService;
  void on_decided() final;

  struct Descriptor {
    RlsMatch match;
    std::shared_ptr<const Limit> overridden;  // made of the request's own limit
    int ask = -1;                             // its place in asks; -1: nothing to count
    bool unlimited = false;
    bool replaced = false;  // by the rule of another descriptor
    std::uint64_t hits = 1;
    std::size_t key_begin = 0;  // in keys_
    std::size_t key_end = 0;

    // Null: nothing to count.
    [[nodiscard]] const Limit* limit() const;
    [[nodiscard]] bool replaces(const Descriptor& other) const;
  };
  const RlsService* service_ = nullptr;
  std::shared_ptr<const RlsTree> tree_;
  base::Time now_;
  std::vector<Descriptor> descriptors_;
  std::string keys_;  // of all asks, one after the other
  std::string metric_;
  std::string scratch_;
};

}  // namespace ashlar::limits
