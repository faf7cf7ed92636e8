#include "platform/security/tenants.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "base/text.h"
#include "platform/json/writer.h"
#include "platform/security/api_keys_store.h"
#include "platform/security/idempotency_store.h"
#include "platform/security/key_notice.h"
#include "platform/security/tenants_store.h"
#include "platform/storage/database.h"

namespace ashlar::security {
namespace {

using base::Code;
using storage::Context;
using storage::Transaction;

constexpr std::size_t kMaxNameChars = 63;
constexpr std::string_view kReservedName = "system";
constexpr int kExportPage = 500;
constexpr int kMaxEraseBatches = 10'000'000;

Context admin_context() { return Context::platform(storage::PlatformUse::kTenantAdmin); }

base::Error name_error(const char* reason, std::string detail) {
  base::Error error = base::fail(Code::kInvalid, reason, detail);
  error.fields.push_back({"/name", reason, std::move(detail)});
  return error;
}

base::Status check_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  if (name.empty() || name.size() > kMaxNameChars || !std::ranges::all_of(name, allowed)) {
    return name_error("tenant_name_invalid",
                      "a tenant's name is 1 to 63 lower-case letters, digits and hyphens");
  }
  if (name == kReservedName) return name_error("tenant_name_reserved", "this name is Ashlar's own");
  return base::ok_status();
}

base::Error not_found() {
  return base::fail(Code::kNotFound, "tenant_not_found", "there is no tenant of this name");
}

void write_time(json::Writer& out, std::string_view name, std::optional<base::Time> time) {
  out.key(name);
  if (time) {
    out.string(base::format_rfc3339(*time));
  } else {
    out.null();
  }
}

std::string tenant_line(const Tenant& tenant) {
  std::string line;
  json::Writer out(line);
  out.begin_object().key("module").string("platform").key("table").string("tenants");
  out.key("name").string(tenant.name);
  write_time(out, "created_at", tenant.created_at);
  out.end_object();
  return line;
}

std::string key_line(const StoredKey& stored) {
  std::string line;
  json::Writer out(line);
  out.begin_object().key("module").string("platform").key("table").string("api_keys");
  out.key("id").string(stored.key.id.to_string());
  out.key("public_id").string(stored.key.public_id);
  out.key("secret_sha256").string(base::hex_encode(stored.secret_hash));
  out.key("name");
  if (stored.key.name) {
    out.string(*stored.key.name);
  } else {
    out.null();
  }
  out.key("scopes").begin_array();
  for (const std::string& scope : stored.key.scopes) out.string(scope);
  out.end_array().key("mode").string(stored.key.mode);
  write_time(out, "created_at", stored.key.created_at);
  write_time(out, "expires_at", stored.key.expires_at);
  write_time(out, "last_used_at", stored.key.last_used_at);
  write_time(out, "revoked_at", stored.key.revoked_at);
  out.end_object();
  return line;
}

base::Status export_all_keys(Transaction& tx, const LineSink& sink) {
  KeyId after;
  for (;;) {  // ends: ids rise and every page but the last is full
    ASHLAR_ASSIGN(const std::vector<StoredKey> page, export_keys(tx, after, kExportPage));
    for (const StoredKey& stored : page) ASHLAR_TRY(sink(key_line(stored)));
    if (page.size() < kExportPage) return base::ok_status();
    after = page.back().key.id;
  }
}

}  // namespace

Tenants::Tenants(storage::Database& db, const base::Clock& clock, std::vector<TenantData> data)
    : db_(db), clock_(clock), data_(std::move(data)) {}

base::Status Tenants::in_transaction(
    const std::function<base::Status(Transaction&, base::Time now)>& body) {
  return db_.write(admin_context(), [&](Transaction& tx) { return body(tx, clock_.now()); });
}

base::Result<Tenant> Tenants::create(std::string_view name) {
  ASHLAR_TRY(check_name(name));
  return db_.write(admin_context(), [&](Transaction& tx) { return create(tx, name); });
}

base::Result<Tenant> Tenants::create(Transaction& tx, std::string_view name) {
  ASHLAR_TRY(check_name(name));
  const base::Time now = clock_.now();
  ASHLAR_ASSIGN(const auto id, insert_tenant(tx, name, now));
  if (!id)
    return base::fail(Code::kConflict, "tenant_exists", "there is a tenant of this name already");
  return Tenant{*id, std::string(name), now};
}

base::Result<Tenant> Tenants::find(std::string_view name) {
  // What cannot be a name is nobody's: it need not bother the database.
  if (!check_name(name).ok()) return not_found();
  ASHLAR_ASSIGN(auto found,
                db_.read(admin_context(), [&](Transaction& tx) { return find_tenant(tx, name); }));
  if (!found) return not_found();
  return *std::move(found);
}

base::Result<Tenant> Tenants::find(base::TenantId id) {
  ASHLAR_ASSIGN(auto found,
                db_.read(admin_context(), [&](Transaction& tx) { return find_tenant(tx, id); }));
  if (!found) return not_found();
  return *std::move(found);
}

base::Result<std::vector<Tenant>> Tenants::list(std::string_view after, int limit) {
  return db_.read(admin_context(), [&](Transaction& tx) { return list_tenants(tx, after, limit); });
}

base::Status Tenants::export_whole(std::string_view name, const LineSink& sink) {
  ASHLAR_ASSIGN(const Tenant tenant, find(name));
  bool written = false;
  const LineSink counted = [&](std::string_view line) {
    written = true;
    return sink(line);
  };
  return db_.read(Context::tenant(tenant.id), [&](Transaction& tx) -> base::Status {
    if (written) {
      return base::fail(
          Code::kConflict, "export_interrupted",
          "the database began the export's transaction again; what was written is of no use");
    }
    ASHLAR_TRY(counted(tenant_line(tenant)));
    ASHLAR_TRY(export_all_keys(tx, counted));
    for (const TenantData& data : data_) ASHLAR_TRY(data.export_to(tx, counted));
    return base::ok_status();
  });
}

base::Status Tenants::erase_whole(std::string_view name) {
  ASHLAR_ASSIGN(const Tenant tenant, find(name));
  const Context context = Context::tenant(tenant.id);
  for (int batch = 0; batch < kMaxEraseBatches; ++batch) {
    ASHLAR_ASSIGN(const std::int64_t erased,
                  db_.write(context, [&](Transaction& tx) { return erase_batch(tx); }));
    if (erased == 0) return base::ok_status();
  }
  return base::fail(Code::kConflict, "tenant_busy",
                    "data of this tenant is being written faster than it is erased");
}

base::Result<std::int64_t> Tenants::erase_batch(Transaction& tx) const {
  ASHLAR_ASSIGN(std::int64_t erased, erase_keys(tx, kEraseBatch));
  if (erased > 0) {
    tx.notify(kKeysChannel, key_notice(tx.context().tenant_id()));
    return erased;
  }
  ASHLAR_ASSIGN(erased, erase_idempotency_records(tx, kEraseBatch));
  if (erased > 0) return erased;
  for (const TenantData& data : data_) {
    ASHLAR_ASSIGN(erased, data.erase(tx, kEraseBatch));
    if (erased > 0) return erased;
  }
  ASHLAR_TRY(erase_tenant_row(tx));
  return std::int64_t{0};
}

}  // namespace ashlar::security
