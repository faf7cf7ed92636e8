// Attribution: who brought what stands in a document, and when, by the log.
//
// The log says of each entry who wrote it and when; an entry's updates say of which client which
// clocks they have. Whoever has them first brought them. What is older than the log that was looked
// at has no time; its user is whoever wrote later under the same client, if anybody did (a client
// id is one session's of one user).
//
// Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "modules/documents/crdt/doc.h"
#include "modules/documents/document_row.h"

namespace ashlar::documents {

class Attribution {
 public:
  struct Entry {
    std::string user;
    base::Time at{};
    Seq seq = 0;
  };
  struct Range {
    std::string path;  // JSON: to the type it is in, from the root
    std::optional<std::string> key;
    std::uint64_t from = 0;
    std::uint64_t length = 0;
    std::optional<std::string> user;
    std::optional<base::Time> at;
    std::optional<Seq> seq;
  };
  // What one user wrote next to each other with no longer between is one range, of its last time.
  static constexpr base::Seconds kTogether{60};

  // In the order of the log. What is no update is passed over.
  void add(const UpdateRow& row);
  [[nodiscard]] std::vector<Range> attribute(const std::vector<crdt::Placed>& placed) const;

 private:
  static constexpr std::size_t kOlder = SIZE_MAX;  // no entry's
  struct Span {
    crdt::Clock end = 0;
    std::size_t entry = kOlder;
  };

  void bring(crdt::ClientId client, crdt::Clock from, crdt::Clock to, std::size_t entry);
  void append(std::vector<Range>& ranges, const crdt::Placed& at, std::uint64_t index,
              std::uint64_t length, const std::optional<std::string>& user,
              std::size_t entry) const;

  std::vector<Entry> entries_;
  std::map<crdt::ClientId, std::vector<Span>> clients_;  // spans by clock, from 0
};

}  // namespace ashlar::documents
