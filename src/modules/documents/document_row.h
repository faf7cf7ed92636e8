// What of a document is in the database: rows as the store reads and writes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/strong_id.h"
#include "base/time.h"
#include "modules/documents/peer.h"

namespace ashlar::documents {

// Of one document for ever: under the same name another one has another.
using DocumentNo = base::StrongId<struct DocumentTag>;
using VersionNo = base::StrongId<struct DocumentVersionTag>;

// How many updates a document has taken. A write says which number it believes to be the last.
using Seq = std::int64_t;

struct DocumentRow {
  DocumentNo no;
  base::TenantId tenant;
  std::string name;
  Seq seq = 0;
  Seq snapshot_seq = 0;
  std::int64_t snapshot_bytes = 0;
  std::int64_t tail_bytes = 0;
  Seq announced_seq = 0;
  std::int64_t stored_bytes = 0;  // log and snapshots
  base::Time created_at{};
  std::string created_by;
  base::Time updated_at{};
  std::string updated_by;
};

// Updates of one author, one after another: the last of them is number `seq`.
struct UpdateRow {
  Seq seq = 0;
  std::int64_t count = 0;
  base::Time at{};
  std::string author;
  std::string bytes;  // update_list.h
};

struct SnapshotRow {
  Seq seq = 0;
  base::Time at{};
  std::string bytes;  // an update, V1
};

struct VersionRow {
  VersionNo no;
  Seq seq = 0;
  base::Time at{};
  std::string author;
  std::string name;
};

struct GrantRow {
  std::string subject;
  Access access = Access::kNone;
  base::Time at{};
};

}  // namespace ashlar::documents
