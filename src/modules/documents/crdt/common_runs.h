// Common runs of two sequences: what stays when one is made into the other.
//
// Source: Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), forward, behind equal
// ends that are cut off first. O((n + m) D) time, O(D²) memory, D at most `most_edits`: what
// differs more has its equal ends alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ashlar::crdt {

struct CommonRun {
  std::size_t a = 0;
  std::size_t b = 0;
  std::size_t length = 0;  // > 0
  friend bool operator==(const CommonRun&, const CommonRun&) = default;
};

// In order, disjoint, none touching the next in both.
std::vector<CommonRun> common_runs(std::span<const std::uint32_t> a,
                                   std::span<const std::uint32_t> b, std::size_t most_edits);

}  // namespace ashlar::crdt
