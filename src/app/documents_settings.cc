#include "app/documents_settings.h"

#include "app/config.h"
#include "app/setting_kinds.h"

namespace ashlar::app {

std::vector<Setting> documents_settings() {
  return {
      number("documents.threads",
             "Threads on which documents live; 0: one for each processor, at most 4.", 0, 64,
             [](Config& c) -> auto& { return c.documents.threads; }),
      number("documents.memory_mb", "Documents in memory; beyond it those that nobody uses leave.",
             16, 1 << 20, [](Config& c) -> auto& { return c.documents.memory_mb; }),
      number("documents.max_mb", "One document in memory; what would make it larger is refused.", 1,
             2048, [](Config& c) -> auto& { return c.documents.max_mb; }),
      number("documents.max_per_tenant", "Documents of one tenant.", 1, std::int64_t{1} << 40,
             [](Config& c) -> auto& { return c.documents.max_per_tenant; }),
      number("documents.max_sessions", "Who may have one document open at once.", 1, 1'000'000,
             [](Config& c) -> auto& { return c.documents.max_sessions; }),
      number("documents.user_visits",
             "Documents that one user may have open at once, each visit counts; 0: any.", 0,
             1'000'000'000, [](Config& c) -> auto& { return c.documents.user_visits; }),
      number("documents.tenant_visits", "The same of one tenant.", 0, 1'000'000'000,
             [](Config& c) -> auto& { return c.documents.tenant_visits; }),
      number("documents.document_stored_mb",
             "One document in the database, its past included; beyond it nothing more is taken. "
             "0: any.",
             0, std::int64_t{1} << 40,
             [](Config& c) -> auto& { return c.documents.document_stored_mb; }),
      number("documents.tenant_stored_mb", "The same of all documents of one tenant.", 0,
             std::int64_t{1} << 40,
             [](Config& c) -> auto& { return c.documents.tenant_stored_mb; }),
      number("documents.messages_per_s",
             "Messages that one connection may send, ten seconds' worth at once; who sends more is "
             "read more slowly. 0: any.",
             0, 1'000'000'000, [](Config& c) -> auto& { return c.documents.messages_per_s; }),
      number("documents.mb_per_s", "The same in mebibytes.", 0, 1'000'000,
             [](Config& c) -> auto& { return c.documents.mb_per_s; }),
      number("documents.pace_ms",
             "Changes of one document go to disk and to its visitors together, so often at most; "
             "a millisecond for each visitor while they are few. 0: each as soon as it can.",
             0, 1'000, [](Config& c) -> auto& { return c.documents.pace_ms; }),
      number("documents.commit_pace_ms",
             "Changes of all documents share a commit, one in so many milliseconds at most.", 0,
             1'000, [](Config& c) -> auto& { return c.documents.commit_pace_ms; }),
      number("documents.history_days", "Each moment of so many days can be looked at.", 0, 36'500,
             [](Config& c) -> auto& { return c.documents.history_days; }),
      number("documents.deleted_days", "Deleted documents are kept in the database so long.", 0,
             36'500, [](Config& c) -> auto& { return c.documents.deleted_days; }),
  };
}

}  // namespace ashlar::app
