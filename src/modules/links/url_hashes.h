// UrlHashes: gives a hash to links that have none, which are those of a database from before there
// were hashes: until then find_if_exists does not find them. When all have one it looks at an empty
// index and is done.
//
// run() from one thread at a time.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "modules/links/code_space.h"
#include "modules/links/link.h"

namespace ashlar::storage {
class Database;
}

namespace ashlar::links {

class UrlHashes {
 public:
  static constexpr std::int64_t kBatch = 1'000;  // links a transaction
  static constexpr int kMaxBatches = 20;         // of one run

  // `db` outlives it.
  UrlHashes(storage::Database& db, CodeSpace codes) : db_(db), codes_(codes) {}

  base::Result<std::int64_t> run();  // how many got one

  // As the database has it.
  [[nodiscard]] std::int64_t of(DomainId domain, std::string_view url) const {
    return codes_.url_hash(domain.value, url);
  }

 private:
  storage::Database& db_;
  const CodeSpace codes_;
};

}  // namespace ashlar::links
