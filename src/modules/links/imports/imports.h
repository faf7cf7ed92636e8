// Imports: files of other shorteners made into links, row by row, in steps that can stop anywhere.
//
// Promises
//  1. A step's links, its refusals and the position behind them commit together: whatever dies,
//     nothing is made twice and no row is left out. A step whose import somebody else has moved on
//     meanwhile changes nothing.
//  2. Each row becomes a link by the rules of links.h, or stands in the report with its number and
//     why; of more than kMaxRefusals only their number is kept. A row whose code is the tenant's
//     already, with the same target, is `existing`: the same file twice makes nothing twice.
//  3. A file is read in the order of its parts, as it comes, in bounded memory; parts have no gap.
//
// Functions with a Transaction run in the caller's, for its tenant. Errors: kNotFound
// import_not_found, kConflict import_state (not while it is open; not any more), too_many_imports,
// kInvalid with the fields named, and storage's. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/links/imports/link_import.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::storage {
class Transaction;
}

namespace ashlar::links {

class Links;
struct ImportedLink;

class Imports {
 public:
  static constexpr std::int64_t kMaxLive = 10;  // open or running, of a tenant
  static constexpr std::int64_t kMaxParts = 10'000;
  static constexpr std::size_t kMaxPartBytes = 4 * 1024 * 1024;
  static constexpr std::int64_t kMaxFileBytes = std::int64_t{4} << 30;
  static constexpr std::int64_t kMaxRefusals = 10'000;
  static constexpr std::size_t kChunkBytes = 128 * 1024;
  static constexpr std::size_t kRowsAStep = 500;

  // Both outlive it.
  Imports(const Links& links, const base::Clock& clock) : links_(links), clock_(clock) {}

  base::Result<LinkImport> create(storage::Transaction& tx, ImportSource source,
                                  ImportFormat format, std::string_view domain) const;
  [[nodiscard]] base::Result<LinkImport> find(storage::Transaction& tx, ImportId id) const;
  // `part` from 1; one that is there is replaced.
  base::Result<LinkImport> put_part(storage::Transaction& tx, ImportId id, std::int64_t part,
                                    std::string_view data) const;
  base::Result<LinkImport> start(storage::Transaction& tx, ImportId id) const;
  base::Result<LinkImport> cancel(storage::Transaction& tx, ImportId id) const;

  // The next rows of a running import, or some of what an ended one leaves behind. False: there is
  // nothing more to do.
  base::Result<bool> step(storage::Transaction& tx, ImportId id) const;

 private:
  struct Reading;
  base::Result<Reading> read(storage::Transaction& tx, const LinkImport& import,
                             std::size_t most) const;
  base::Status take_rows(storage::Transaction& tx, const Reading& reading,
                         LinkImport& import) const;
  base::Status take_row(storage::Transaction& tx, std::string_view row, char delimiter,
                        const std::vector<std::string>& columns, LinkImport& import) const;
  base::Status make(storage::Transaction& tx, ImportedLink row, LinkImport& import) const;
  base::Status refuse(storage::Transaction& tx, const base::Error& error, std::string_view code,
                      std::string_view url, LinkImport& import) const;
  base::Status save(storage::Transaction& tx, LinkImport& import) const;

  const Links& links_;
  const base::Clock& clock_;
};

}  // namespace ashlar::links
