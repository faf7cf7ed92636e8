// ClickBatch: many ClickCounts as few bytes: the form of links_click_batches.data. Pure.
//
//   byte 1: the version, 1. Then for each count, in rising order of (tenant, link, hour), four
//   varints (base/varint.h): tenant - last tenant; link - last link, or link where
//   the tenant is another; hour - last hour, or hour where the link is another; clicks.
//
// A typical count takes 5 to 7 bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/links/click_count.h"

namespace ashlar::links {

// REQUIRES: strictly rising, ids and hours >= 0, 0 < clicks <= 2^42.
std::string encode_click_batch(std::span<const ClickCount> counts);

// Reads one batch from front to back. kInternal click_batch_damaged: not what encode writes.
class ClickBatchReader {
 public:
  explicit ClickBatchReader(std::string_view data);

  // False at the end, or where the batch is damaged: ask status().
  bool next(ClickCount& count);
  [[nodiscard]] const base::Status& status() const { return status_; }

 private:
  bool fail();

  std::string_view rest_;
  ClickCount last_;
  bool first_ = true;
  base::Status status_;
};

// Adds up any number of batches; `sink` gets each (tenant, link, hour) once, in order. Memory: one
// reader a batch. The views stay the caller's. An error may come after counts were given out.
base::Status merge_click_batches(std::span<const std::string> batches,
                                 const std::function<void(const ClickCount&)>& sink);

}  // namespace ashlar::links
