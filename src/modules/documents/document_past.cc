#include "modules/documents/document_past.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "modules/documents/crdt/doc.h"
#include "modules/documents/documents_store.h"
#include "modules/documents/update_list.h"

namespace ashlar::documents {
namespace {

using base::Code;
using base::fail;

constexpr std::int64_t kRows = 5'000;   // of the log, looked at for one page
constexpr std::int64_t kNamed = 1'000;  // the newest names that are looked at

// What lies between two rows ends a version, seen from the newer one.
bool cuts(const UpdateRow& newer, const UpdateRow& older, base::Time end_of_version) {
  return newer.at - older.at > kPause || end_of_version - older.at > kLongestStretch;
}

}  // namespace

std::vector<PastVersion> cut_history(const std::vector<UpdateRow>& rows,
                                     const std::vector<VersionRow>& named) {
  std::map<Seq, const VersionRow*> names;
  for (const VersionRow& one : named) names.emplace(one.seq, &one);
  std::vector<PastVersion> versions;
  const UpdateRow* newer = nullptr;
  for (const UpdateRow& row : rows) {
    const auto name = names.find(row.seq);
    if (newer == nullptr || name != names.end() || cuts(*newer, row, versions.back().at)) {
      versions.push_back({.seq = row.seq, .at = row.at, .label = {}, .authors = {}, .updates = 0});
      if (name != names.end()) versions.back().label = name->second->name;
    }
    PastVersion& version = versions.back();
    version.updates += row.count;
    if (std::find(version.authors.begin(), version.authors.end(), row.author) ==
        version.authors.end()) {
      version.authors.push_back(row.author);
    }
    newer = &row;
  }
  return versions;
}

base::Result<PastPage> past_versions(storage::Transaction& tx, DocumentNo no, Seq before,
                                     std::size_t limit) {
  ASHLAR_ASSIGN(const auto rows, store::history(tx, no, before, kRows));
  ASHLAR_ASSIGN(const auto named, store::list_versions(tx, no, VersionNo(INT64_MAX), kNamed));
  PastPage page;
  page.versions = cut_history(rows, named);
  // The last stretch may go on in what was not read: it is another page's, unless it is all.
  const bool more = static_cast<std::int64_t>(rows.size()) == kRows;
  if (more && page.versions.size() > 1) page.versions.pop_back();
  if (page.versions.size() > limit) page.versions.resize(limit);
  const bool all = !more && page.versions.size() < limit;
  if (!page.versions.empty() && !all) page.next = page.versions.back().seq;
  if (!all) return page;
  // Names whose log was trimmed.
  const Seq oldest = rows.empty() ? before : rows.back().seq;
  for (const VersionRow& one : named) {
    if (one.seq >= oldest || one.seq >= before) continue;
    page.versions.push_back({one.seq, one.at, one.name, {one.author}, 0});
  }
  if (page.versions.size() > limit) {
    page.versions.resize(limit);
    page.next = page.versions.back().seq;
  }
  return page;
}

base::Result<crdt::Doc> document_at(storage::Transaction& tx, const DocumentRow& document,
                                    Seq seq) {
  if (seq < 1 || seq > document.seq) {
    return fail(Code::kNotFound, "version_not_found", "The document has no such version.");
  }
  ASHLAR_ASSIGN(const auto snapshot, store::snapshot(tx, document.no, seq));
  crdt::Doc doc({.limits = crdt::DocLimits::of_stored()});
  base::Status applied;
  Seq reached = snapshot ? snapshot->seq : 0;
  const auto apply = [&](std::string_view update) {
    if (!applied.ok()) return;
    const auto one = doc.apply(update);
    if (!one.ok()) applied = one.error();
  };
  if (snapshot) apply(snapshot->bytes);
  bool whole = true;
  ASHLAR_TRY(store::updates(tx, document.no, reached, seq, [&](const UpdateRow& row) {
    whole = whole && row.seq - row.count == reached;
    reached = row.seq;
    std::string_view list = row.bytes;
    std::string_view update;
    while (take_update(list, update)) apply(update);
  }));
  ASHLAR_TRY(applied);
  if (!whole || reached != seq) {
    return fail(Code::kGone, "version_not_kept",
                "The log does not reach back so far, or no version ends there.");
  }
  return doc;
}

base::Result<std::string> state_at(storage::Transaction& tx, const DocumentRow& document, Seq seq) {
  ASHLAR_ASSIGN(const crdt::Doc then, document_at(tx, document, seq));
  return then.encode();
}

}  // namespace ashlar::documents
