// BulkApi: the HTTP face of what is done to many links at once, and its rows.
//
// Passwords are hashed before the transaction, a tenth of a second each: kMaxPasswords of them, so
// that one request cannot keep all hashing to itself.
//
// Any thread.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "modules/links/bulk/bulk_json.h"
#include "modules/links/bulk/bulk_links.h"
#include "platform/http/response.h"
#include "platform/http/route.h"

namespace ashlar::http {
class CursorCodec;
class LateAnswer;
struct Call;
}  // namespace ashlar::http
namespace ashlar::storage {
class Transaction;
}

namespace ashlar::links {

class LinksModule;

class BulkApi {
 public:
  static constexpr std::size_t kMaxPasswords = 10;

  // Both outlive it.
  BulkApi(LinksModule& module, const http::CursorCodec& cursors)
      : module_(module), cursors_(cursors) {}

  base::Status create(http::Call& call, const std::shared_ptr<http::LateAnswer>& late) const;
  base::Result<http::Response> update(http::Call& call) const;

 private:
  struct Asked {
    std::vector<BulkItem> items;
    std::vector<bool> fetch_title;
  };
  [[nodiscard]] base::Result<Asked> items_of(
      const std::vector<base::Result<CreateLinkJson>>& parsed) const;
  base::Result<http::Response> create(const http::Call& call, storage::Transaction& tx,
                                      const Asked& asked) const;
  [[nodiscard]] base::Result<LinkQuery> query_of(const http::Call& call,
                                                 const BulkUpdateJson& json) const;

  LinksModule& module_;
  const http::CursorCodec& cursors_;
};

// Both outlive the table.
http::RouteTable bulk_routes(LinksModule& module, const http::CursorCodec& cursors);

}  // namespace ashlar::links
