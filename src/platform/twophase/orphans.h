// Prepared transactions of ours in a branch, by their names:
// "ashlar2pc:<coordinator>:<id>:<branch>". Free functions on a connection of the caller's, outside
// a transaction.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

struct pg_conn;

namespace ashlar::twophase {

// The branch is part of it: two databases of one server share the names.
std::string make_gid(std::string_view coordinator, std::string_view id, std::string_view branch);

struct Orphan {
  std::string gid;
  std::string id;
  std::string branch;
  base::Seconds age{0};  // by the branch's clock
};

// Those of this coordinator in the connection's database, oldest first. Names that begin like ours
// and go on otherwise are left alone.
base::Result<std::vector<Orphan>> list_orphans(pg_conn* link, const std::string& coordinator,
                                               const std::string& branch, int limit);

// Ok also where it is no longer there: somebody else was faster, with the same decision.
base::Status commit_prepared(pg_conn* link, const std::string& gid);
base::Status roll_back_prepared(pg_conn* link, const std::string& gid);

base::Result<std::int64_t> prepared_slots(pg_conn* link);  // max_prepared_transactions

// Pure: all of `branches` (names, each followed by a blank) were looked at and have nothing of it.
bool is_settled(const std::string& id, std::string_view branches,
                const std::map<std::string, std::set<std::string>>& prepared_at);

}  // namespace ashlar::twophase
