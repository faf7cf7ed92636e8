#include "platform/jobs/gates.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "platform/jobs/pace.h"
#include "platform/jobs/text_array.h"
#include "platform/storage/database.h"

namespace ashlar::jobs::store {
namespace {

using storage::Audience;
using storage::Dialect;
using storage::Row;
using storage::Sql;
using storage::Transaction;

constexpr Sql kAddTenant{
    Audience::kTenant,
    "INSERT INTO job_notes (tenant_id, kind, queue, what, key, key_limit, not_before)"
    " VALUES (:tenant, ?1, ?2, ?3, ?4, ?5, ?6)",
    "INSERT INTO job_notes (tenant_id, kind, queue, what, key, key_limit, not_before)"
    " SELECT :tenant, g.kind, g.queue, g.what, g.key, g.key_limit, g.not_before"
    " FROM unnest(?1::text[], ?2::text[], ?3::bigint[], ?4::text[], ?5::bigint[], ?6::bigint[])"
    " AS g(kind, queue, what, key, key_limit, not_before)"};
constexpr Sql kAddPlatform{
    Audience::kPlatform,
    "INSERT INTO job_notes (tenant_id, kind, queue, what, key, key_limit, not_before)"
    " VALUES (?7, ?1, ?2, ?3, ?4, ?5, ?6)",
    "INSERT INTO job_notes (tenant_id, kind, queue, what, key, key_limit, not_before)"
    " SELECT g.tenant_id, g.kind, g.queue, g.what, g.key, g.key_limit, g.not_before"
    " FROM unnest(?1::text[], ?2::text[], ?3::bigint[], ?4::text[], ?5::bigint[], ?6::bigint[],"
    " ?7::bigint[]) AS g(kind, queue, what, key, key_limit, not_before, tenant_id)"};

constexpr Sql kTake{
    Audience::kPlatform,
    "DELETE FROM job_notes WHERE id IN (SELECT id FROM job_notes WHERE kind = ?1"
    " AND not_before <= ?3 ORDER BY not_before, id LIMIT ?2)"
    " RETURNING id, tenant_id, queue, what, key, key_limit",
    "DELETE FROM job_notes WHERE id = ANY(ARRAY(SELECT id FROM job_notes WHERE kind = ?1"
    " AND not_before <= ?3 ORDER BY not_before, id LIMIT ?2 FOR UPDATE SKIP LOCKED))"
    " RETURNING id, tenant_id, queue, what, key, key_limit"};

constexpr Sql kFreeRunning{Audience::kPlatform,
                           "UPDATE job_queues SET running = max(running - ?4, 0)"
                           " WHERE kind = ?1 AND tenant_id = ?2 AND queue = ?3",
                           "UPDATE job_queues SET running = greatest(running - ?4, 0)"
                           " WHERE kind = ?1 AND tenant_id = ?2 AND queue = ?3"};

// A key's row, locked from here on, with what was freed taken off; and its queue's rate.
constexpr Sql kOpenKey{
    Audience::kPlatform,
    "INSERT INTO job_keys (tenant_id, kind, queue, key, admitted, key_limit)"
    " VALUES (?1, ?2, ?3, ?4, 0, max(?6, 1)) ON CONFLICT (tenant_id, kind, queue, key) DO UPDATE"
    " SET admitted = max(admitted - ?5, 0),"
    " key_limit = CASE WHEN ?6 > 0 THEN ?6 ELSE key_limit END"
    " RETURNING admitted, key_limit, tat, noted_at, (SELECT key_rate_per_s FROM job_queues q"
    " WHERE q.tenant_id = ?1 AND q.kind = ?2 AND q.queue = ?3), (SELECT key_burst FROM job_queues q"
    " WHERE q.tenant_id = ?1 AND q.kind = ?2 AND q.queue = ?3)",
    "INSERT INTO job_keys AS k (tenant_id, kind, queue, key, admitted, key_limit)"
    " VALUES (?1, ?2, ?3, ?4, 0, greatest(?6, 1)) ON CONFLICT (tenant_id, kind, queue, key)"
    " DO UPDATE SET admitted = greatest(k.admitted - ?5, 0),"
    " key_limit = CASE WHEN ?6 > 0 THEN ?6 ELSE k.key_limit END"
    " RETURNING k.admitted, k.key_limit, k.tat, k.noted_at, (SELECT key_rate_per_s FROM job_queues"
    " q WHERE q.tenant_id = ?1 AND q.kind = ?2 AND q.queue = ?3), (SELECT key_burst"
    " FROM job_queues q WHERE q.tenant_id = ?1 AND q.kind = ?2 AND q.queue = ?3)"};
constexpr Sql kAdmit{
    Audience::kPlatform,
    "UPDATE jobs SET phase = CASE WHEN ordered = 1 AND run_at > ?6 THEN 1 ELSE 0 END WHERE id IN"
    " (SELECT id FROM jobs INDEXED BY jobs_held WHERE kind = ?1 AND tenant_id = ?2 AND queue = ?3"
    " AND key = ?4 AND phase = 2 ORDER BY CASE ordered WHEN 1 THEN 0 ELSE rank END, id LIMIT ?5)"
    " RETURNING phase",
    "UPDATE jobs SET phase = CASE WHEN ordered = 1 AND run_at > ?6 THEN 1 ELSE 0 END WHERE"
    " id = ANY(ARRAY(SELECT id FROM jobs WHERE kind = ?1 AND tenant_id = ?2 AND queue = ?3"
    " AND key = ?4 AND phase = 2 ORDER BY CASE ordered WHEN 1 THEN 0 ELSE rank END, id LIMIT ?5))"
    " AND phase = 2 RETURNING phase"};
constexpr Sql kCountKey{Audience::kPlatform,
                        "UPDATE job_keys SET admitted = admitted + ?5, tat = ?6, noted_at = ?7"
                        " WHERE tenant_id = ?1 AND kind = ?2 AND queue = ?3 AND key = ?4"};
constexpr Sql kForgetKey{Audience::kPlatform,
                         "DELETE FROM job_keys WHERE tenant_id = ?1 AND kind = ?2 AND queue = ?3"
                         " AND key = ?4 AND admitted = 0"};

// PostgreSQL: the same for many keys at once, those with no rate. The rows are there, then locked
// in one order by everybody, then changed.
#define KEYS(n) \
  "unnest(?2::bigint[], ?3::text[], ?4::text[]" n ") WITH ORDINALITY AS g(tenant_id, queue, key"
constexpr Sql kHoldKeys{
    Audience::kPlatform,
    "INSERT INTO job_keys (tenant_id, kind, queue, key, admitted, key_limit)"
    " SELECT g.tenant_id, ?1, g.queue, g.key, 0, 1 FROM " KEYS(
        "") ", n) ORDER BY g.n ON CONFLICT (tenant_id, kind, queue, key)"
                       " DO UPDATE SET kind = excluded.kind"};
constexpr Sql kReadKeys{
    Audience::kPlatform,
    "SELECT g.n, k.admitted, k.key_limit, k.tat, k.noted_at, q.key_rate_per_s, q.key_burst FROM "
    KEYS("") ", n) JOIN job_keys AS k ON k.tenant_id = g.tenant_id AND k.kind = ?1"
    " AND k.queue = g.queue AND k.key = g.key LEFT JOIN job_queues AS q"
    " ON q.tenant_id = g.tenant_id AND q.kind = ?1 AND q.queue = g.queue"};
constexpr Sql kAdmitMany{
    Audience::kPlatform,
    "WITH picked AS MATERIALIZED (SELECT j.id, g.n FROM " KEYS(", ?5::bigint[]")
    ", most, n) CROSS JOIN LATERAL (SELECT id FROM jobs WHERE kind = ?1"
    " AND tenant_id = g.tenant_id AND queue = g.queue AND key = g.key AND phase = 2"
    " ORDER BY CASE ordered WHEN 1 THEN 0 ELSE rank END, id LIMIT g.most) AS j)"
    " UPDATE jobs SET phase = CASE WHEN ordered = 1 AND run_at > ?6 THEN 1 ELSE 0 END FROM picked"
    " WHERE jobs.id = picked.id AND jobs.phase = 2 RETURNING picked.n, phase"};
constexpr Sql kSetKeys{
    Audience::kPlatform,
    "UPDATE job_keys AS k SET admitted = g.admitted, key_limit = g.key_limit FROM "
    KEYS(", ?5::bigint[], ?6::bigint[]") ", admitted, key_limit, n) WHERE"
    " k.tenant_id = g.tenant_id AND k.kind = ?1 AND k.queue = g.queue AND k.key = g.key"};
constexpr Sql kForgetKeys{
    Audience::kPlatform,
    "DELETE FROM job_keys AS k USING " KEYS("") ", n) WHERE k.tenant_id = g.tenant_id"
    " AND k.kind = ?1 AND k.queue = g.queue AND k.key = g.key AND k.admitted = 0"};
#undef KEYS

struct Taken {
  std::int64_t id = 0;
  Note note;
};

struct KeyChange {
  std::int64_t freed = 0;
  std::int64_t key_limit = 0;
};

// Ordered maps: rows are locked in the same order by everybody.
using Keys = std::map<std::tuple<std::int64_t, std::string, std::string>, KeyChange>;
using Queues = std::map<std::pair<std::int64_t, std::string>, std::int64_t>;

base::Result<std::vector<Taken>> take_notes(Transaction& tx, std::string_view kind,
                                            base::Time now) {
  std::vector<Taken> taken;
  ASHLAR_TRY(tx.query(kTake, {kind, kNotesAtOnce, base::to_micros(now)}, [&](const Row& row) {
    Note note{static_cast<Note::What>(row.integer(3)),
              base::TenantId(row.integer(1)),
              std::string(kind),
              std::string(row.text(2)),
              std::string(row.text(4)),
              row.integer(5)};
    taken.push_back({row.integer(0), std::move(note)});
  }));
  std::sort(taken.begin(), taken.end(), [](const Taken& a, const Taken& b) { return a.id < b.id; });
  return taken;
}

struct KeyState {
  std::int64_t admitted = 0;
  std::int64_t limit = 1;
  std::int64_t tat = 0;
  std::int64_t noted_at = 0;
  std::optional<Pace> pace;
};

base::Result<KeyState> open_key(Transaction& tx, std::string_view kind,
                                const Keys::value_type& entry) {
  const auto& [tenant, queue, key] = entry.first;
  KeyState state;
  ASHLAR_TRY(tx.query(kOpenKey,
                      {tenant, kind, std::string_view(queue), std::string_view(key),
                       entry.second.freed, entry.second.key_limit},
                      [&](const Row& row) {
                        state.admitted = row.integer(0);
                        state.limit = row.integer(1);
                        state.tat = row.integer(2);
                        state.noted_at = row.integer(3);
                        if (!row.is_null(4)) state.pace.emplace(row.real(4), row.integer(5));
                      }));
  return state;
}

// When the key is to be looked at again, 0: when a note says so. `stopped`: its rate is what keeps
// further ones out.
std::int64_t next_look(const KeyState& key, std::int64_t now, bool stopped) {
  if (!key.pace.has_value()) return 0;
  if (stopped) return key.pace->next_at(key.tat);
  return key.admitted == 0 && key.tat > now ? key.tat : 0;  // to forget it once it has rested
}

base::Status settle_key(Transaction& tx, Dialect dialect, std::string_view kind,
                        const Keys::value_type& entry, base::Time time, Settled& settled) {
  const auto& [tenant, queue, key] = entry.first;
  const std::int64_t now = base::to_micros(time);
  ASHLAR_ASSIGN(KeyState state, open_key(tx, kind, entry));
  std::int64_t free = std::max<std::int64_t>(state.limit - state.admitted, 0);
  std::int64_t allowed = free;
  if (state.pace.has_value()) {
    state.tat = state.pace->bounded(now, state.tat);
    allowed = state.pace->allowed(now, state.tat);
  }
  std::int64_t let_in = 0;
  if (std::min(free, allowed) > 0) {
    ASHLAR_ASSIGN(let_in,
                  tx.query(kAdmit,
                           {kind, tenant, std::string_view(queue), std::string_view(key),
                            std::min(free, allowed), now},
                           [&](const Row& row) { settled.ready += row.integer(0) == 0 ? 1 : 0; }));
  }
  if (state.pace.has_value() && let_in > 0) state.tat = state.pace->advance(now, state.tat, let_in);
  state.admitted += let_in;
  const std::int64_t look = next_look(state, now, let_in == allowed && let_in < free);
  if (look > 0)
    settled.next = std::min(settled.next.value_or(base::Time::max()), base::from_micros(look));
  const bool noted = state.noted_at > now && state.noted_at <= look;
  if (look > 0 && !noted) {
    const Note note{
        Note::What::kHeld, base::TenantId(tenant), std::string(kind), queue, key, 0, look};
    ASHLAR_TRY(add_notes(tx, dialect, {&note, 1}));
    state.noted_at = look;
  }
  if (let_in > 0 || (look > 0 && !noted)) {
    ASHLAR_TRY(tx.execute(kCountKey, {tenant, kind, std::string_view(queue), std::string_view(key),
                                      let_in, state.tat, state.noted_at}));
  } else if (state.admitted == 0 && look == 0) {
    ASHLAR_TRY(
        tx.execute(kForgetKey, {tenant, kind, std::string_view(queue), std::string_view(key)}));
  }
  return base::ok_status();
}

// Keys as three arrays, and what goes beside them.
struct KeyArrays {
  TextArray tenants, queues, keys;

  void add(const Keys::value_type& entry) {
    const auto& [tenant, queue, key] = entry.first;
    tenants.add(tenant), queues.add(queue), keys.add(key);
  }
};

// By the place of each in `keys`. Those that were not there are.
base::Result<std::vector<KeyState>> hold_keys(Transaction& tx, std::string_view kind,
                                              const Keys& keys) {
  KeyArrays all;
  for (const auto& entry : keys) all.add(entry);
  ASHLAR_TRY(tx.execute(kHoldKeys, {kind, all.tenants.text(), all.queues.text(), all.keys.text()}));
  std::vector<KeyState> states(keys.size());
  ASHLAR_TRY(tx.query(kReadKeys, {kind, all.tenants.text(), all.queues.text(), all.keys.text()},
                      [&](const Row& row) {
                        KeyState& state = states.at(static_cast<std::size_t>(row.integer(0)) - 1);
                        state.admitted = row.integer(1);
                        state.limit = row.integer(2);
                        state.tat = row.integer(3);
                        state.noted_at = row.integer(4);
                        if (!row.is_null(5)) state.pace.emplace(row.real(5), row.integer(6));
                      }));
  return states;
}

// How many of each were let in.
base::Result<std::vector<std::int64_t>> admit_many(Transaction& tx, std::string_view kind,
                                                   const std::vector<const Keys::value_type*>& keys,
                                                   const std::vector<std::int64_t>& free,
                                                   base::Time now, Settled& settled) {
  std::vector<std::int64_t> let_in(keys.size());
  KeyArrays open;
  TextArray most;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (free[i] <= 0) continue;
    open.add(*keys[i]);
    most.add(free[i]);
    places.push_back(i);
  }
  if (places.empty()) return let_in;
  ASHLAR_TRY(tx.query(kAdmitMany,
                      {kind, open.tenants.text(), open.queues.text(), open.keys.text(), most.text(),
                       base::to_micros(now)},
                      [&](const Row& row) {
                        ++let_in[places.at(static_cast<std::size_t>(row.integer(0)) - 1)];
                        settled.ready += row.integer(1) == 0 ? 1 : 0;
                      }));
  return let_in;
}

base::Status settle_many(Transaction& tx, std::string_view kind, const Keys& all, base::Time now,
                         Settled& settled) {
  if (all.empty()) return base::ok_status();
  ASHLAR_ASSIGN(std::vector<KeyState> states, hold_keys(tx, kind, all));
  std::vector<const Keys::value_type*> keys;
  std::vector<std::int64_t> free, admitted, limits;
  auto state = states.begin();
  for (const auto& entry : all) {
    const KeyState& is = *state++;
    if (is.pace.has_value()) {
      ASHLAR_TRY(settle_key(tx, Dialect::kPostgres, kind, entry, now, settled));
      continue;
    }
    keys.push_back(&entry);
    admitted.push_back(std::max<std::int64_t>(is.admitted - entry.second.freed, 0));
    limits.push_back(entry.second.key_limit > 0 ? entry.second.key_limit : is.limit);
    free.push_back(std::max<std::int64_t>(limits.back() - admitted.back(), 0));
  }
  ASHLAR_ASSIGN(const auto let_in, admit_many(tx, kind, keys, free, now, settled));
  KeyArrays kept, gone;
  TextArray counts, kept_limits;
  std::size_t kept_count = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    kept.add(*keys[i]);
    counts.add(admitted[i] + let_in[i]);
    kept_limits.add(limits[i]);
    if (admitted[i] + let_in[i] > 0) {
      ++kept_count;
    } else {
      gone.add(*keys[i]);
    }
  }
  if (keys.empty()) return base::ok_status();
  ASHLAR_TRY(tx.execute(kSetKeys, {kind, kept.tenants.text(), kept.queues.text(), kept.keys.text(),
                                   counts.text(), kept_limits.text()}));
  if (kept_count == keys.size()) return base::ok_status();
  ASHLAR_TRY(
      tx.execute(kForgetKeys, {kind, gone.tenants.text(), gone.queues.text(), gone.keys.text()}));
  return base::ok_status();
}

}  // namespace

base::Status add_notes(Transaction& tx, Dialect dialect, std::span<const Note> notes) {
  if (notes.empty()) return base::ok_status();
  const bool tenant = tx.context().is_tenant();
  if (dialect == Dialect::kSqlite) {
    for (const Note& n : notes) {
      const std::string_view kind = n.kind;
      const std::string_view queue = n.queue;
      const std::string_view key = n.key;
      const auto what = static_cast<std::int64_t>(n.what);
      base::Result<std::int64_t> added =
          tenant ? tx.execute(kAddTenant, {kind, queue, what, key, n.key_limit, n.not_before})
                 : tx.execute(kAddPlatform,
                              {kind, queue, what, key, n.key_limit, n.not_before, n.tenant.value});
      if (!added.ok()) return std::move(added).error();
    }
    return base::ok_status();
  }
  std::array<TextArray, 7> a;
  for (const Note& n : notes) {
    a[0].add(n.kind), a[1].add(n.queue), a[2].add(static_cast<std::int64_t>(n.what));
    a[3].add(n.key), a[4].add(n.key_limit), a[5].add(n.not_before), a[6].add(n.tenant.value);
  }
  base::Result<std::int64_t> added =
      tenant ? tx.execute(kAddTenant, {a[0].text(), a[1].text(), a[2].text(), a[3].text(),
                                       a[4].text(), a[5].text()})
             : tx.execute(kAddPlatform, {a[0].text(), a[1].text(), a[2].text(), a[3].text(),
                                         a[4].text(), a[5].text(), a[6].text()});
  if (!added.ok()) return std::move(added).error();
  return base::ok_status();
}

base::Result<Settled> settle(Transaction& tx, Dialect dialect, std::string_view kind,
                             base::Time now) {
  ASHLAR_ASSIGN(const std::vector<Taken> taken, take_notes(tx, kind, now));
  Keys keys;
  Queues queues;
  for (const auto& [id, note] : taken) {
    if (note.what == Note::What::kRunningFree) {
      ++queues[{note.tenant.value, note.queue}];
      continue;
    }
    KeyChange& change = keys[{note.tenant.value, note.queue, note.key}];
    if (note.what == Note::What::kKeyFree) ++change.freed;
    if (note.key_limit > 0) change.key_limit = note.key_limit;
  }
  for (const auto& [queue, freed] : queues) {
    ASHLAR_TRY(
        tx.execute(kFreeRunning, {kind, queue.first, std::string_view(queue.second), freed}));
  }
  Settled settled;
  // A statement there costs a way there and back, in a transaction that everybody's leases wait
  // for.
  if (dialect == Dialect::kPostgres) {
    ASHLAR_TRY(settle_many(tx, kind, keys, now, settled));
    return settled;
  }
  for (const auto& entry : keys) {
    ASHLAR_TRY(settle_key(tx, dialect, kind, entry, now, settled));
  }
  return settled;
}

std::vector<const Sql*> gate_statements(Dialect dialect) {
  std::vector<const Sql*> all{&kAddTenant, &kAddPlatform, &kTake,     &kFreeRunning,
                              &kOpenKey,   &kAdmit,       &kCountKey, &kForgetKey};
  if (dialect == Dialect::kPostgres) {
    all.insert(all.end(), {&kHoldKeys, &kReadKeys, &kAdmitMany, &kSetKeys, &kForgetKeys});
  }
  return all;
}

}  // namespace ashlar::jobs::store
