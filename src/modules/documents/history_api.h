// HistoryApi: the HTTP face of what can be done with a document's past: bring a version back, see
// what has changed, and who wrote what.
//
// Old states are read on the threads for such work, never on a document's loop. A restore is made
// in a copy, by a client of its own, and reaches the document as an update like anybody's: who
// types meanwhile goes on typing, and what he wrote is merged. Handlers of http/route.h's kinds;
// any thread.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "modules/documents/document_row.h"
#include "platform/http/response.h"

namespace ashlar::http {
class LateAnswer;
struct Call;
}  // namespace ashlar::http

namespace ashlar::documents {

class DocumentsModule;
class LiveDocument;

class HistoryApi {
 public:
  static constexpr std::size_t kMaxChangesBytes = 2u << 20;
  static constexpr std::size_t kMaxRanges = 10'000;
  static constexpr std::int64_t kMaxEntries = 50'000;  // of the log, looked at for one answer

  // Outlives it.
  explicit HistoryApi(DocumentsModule& module) : module_(module) {}

  base::Status restore(http::Call& call, std::shared_ptr<http::LateAnswer> answer) const;
  // ?from, ?to (now without it), ?root.
  base::Result<http::Response> diff(http::Call& call) const;
  // ?root.
  base::Result<http::Response> attribution(http::Call& call) const;

 private:
  using Answer = std::shared_ptr<http::LateAnswer>;
  void bring_back(const std::shared_ptr<LiveDocument>& live, const std::string& user, Seq seq,
                  const Answer& answer) const;
  // Names what is there now, so that it is in the list of versions.
  base::Status keep_present(const std::shared_ptr<LiveDocument>& live, const std::string& user,
                            Seq seq) const;
  // The update that makes of `now` (a state) what `document` was at `seq`.
  [[nodiscard]] base::Result<std::string> way_back(const DocumentRow& document, Seq seq,
                                                   std::string_view now) const;

  DocumentsModule& module_;
};

}  // namespace ashlar::documents
