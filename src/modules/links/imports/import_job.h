// ImportJobs: moves running imports on, in the background: a job for each (platform/jobs), which
// takes step after step until its turn is over and goes on later, so imports of several tenants
// take turns. A job whose process died is leased again and goes on behind the last step that was
// committed.
#pragma once

#include "base/result.h"
#include "modules/links/imports/link_import.h"
#include "platform/jobs/runner.h"

namespace ashlar::jobs {
class Jobs;
}

namespace ashlar::links {

class Imports;

class ImportJobs {
 public:
  // `jobs` may be null: then nothing moves. All outlive it.
  ImportJobs(const Imports& imports, storage::Database& db, jobs::Jobs* jobs,
             const base::Clock& clock)
      : imports_(imports), db_(db), jobs_(jobs), clock_(clock) {}

  // With the transaction that starts or cancels it. One that there is already is enough.
  base::Status enqueue(storage::Transaction& tx, ImportId id);

  jobs::KindOptions kind();  // for the runner

 private:
  jobs::Outcome run(const jobs::Attempt& attempt);

  const Imports& imports_;
  storage::Database& db_;
  jobs::Jobs* const jobs_;
  const base::Clock& clock_;
};

}  // namespace ashlar::links
