#include "app/cli/verify.h"

#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "app/installation.h"
#include "modules/payments/ledger/ledger_module.h"
#include "modules/payments/ledger/ledger_verify.h"

namespace ashlar::app {
namespace {

using base::Code;
using base::fail;
using ledger::SignedHead;
using ledger::VerifyReport;

constexpr int kPage = 100;
constexpr std::streamsize kMaxHeadBytes = 16'384;

void print_line(const std::string& line) { std::printf("%s\n", line.c_str()); }

std::string count(std::int64_t number, const char* noun) {
  return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
}

base::Result<SignedHead> read_head(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kMaxHeadBytes + 1, '\0');
  file.read(text.data(), kMaxHeadBytes + 1);
  if (file.gcount() <= 0) {
    return fail(Code::kNotFound, "head_not_found", "cannot read a head from " + path);
  }
  text.resize(static_cast<std::size_t>(file.gcount()));
  base::Result<SignedHead> head = ledger::parse_head(text);
  if (head.ok()) return head;
  base::Error error = head.error();
  error.detail = path + ": " + error.detail;
  return error;
}

using Heads = std::map<base::TenantId, std::vector<SignedHead>>;

base::Result<Heads> read_heads(Installation& ashlar, const std::vector<std::string>& files) {
  Heads heads;
  for (const std::string& path : files) {
    ASHLAR_ASSIGN(SignedHead head, read_head(path));
    const base::TenantId tenant = head.head.tenant;
    if (!tenant.is_set() || !ashlar.tenants->find(tenant).ok()) {
      return fail(Code::kNotFound, "tenant_not_found",
                  path + ": it is of tenant " + tenant.to_string() + ", which is not here");
    }
    heads[tenant].push_back(std::move(head));
  }
  return heads;
}

std::string summary(const VerifyReport& report) {
  return count(report.accounts, "account") + ", " + count(report.transfers, "transfer") + ", " +
         count(report.legs, "leg") + ", " + count(report.open_holds, "open hold") + ", " +
         (report.batches == 1 ? "1 batch" : std::to_string(report.batches) + " batches");
}

// Whether the book of this tenant is sound.
base::Result<bool> verify_book(Installation& ashlar, const security::Tenant& tenant,
                               const ledger::HeadSigner* signer, const Heads& heads) {
  const auto kept = heads.find(tenant.id);
  const std::vector<SignedHead> of_tenant =
      kept == heads.end() ? std::vector<SignedHead>{} : kept->second;
  ASHLAR_ASSIGN(const VerifyReport report,
                ashlar.db->read(storage::Context::tenant(tenant.id), [&](storage::Transaction& tx) {
                  return ledger::verify_book(tx, tenant.id, signer, of_tenant);
                }));
  for (const ledger::Finding& finding : report.findings) {
    print_line("ledger of " + tenant.name + ": " + finding.text());
  }
  if (report.more > 0) {
    print_line("ledger of " + tenant.name + ": and " + std::to_string(report.more) + " more");
  }
  const bool sound = report.findings.empty();
  if (sound && report.batches > 0) {
    print_line("ledger of " + tenant.name + ": " + summary(report) +
               (of_tenant.empty() ? "" : "; as its head was kept"));
  }
  return sound;
}

base::Result<bool> verify_books(Installation& ashlar, const Heads& heads) {
  ASHLAR_ASSIGN(const std::optional<std::string> seed, ashlar.settings->get(ledger::kHeadSecret));
  // Nothing was ever booked where there is no secret; a book whose secret was lost is found by its
  // signatures, which are then by nobody.
  const ledger::HeadSigner signer(seed && seed->size() == ledger::HeadSigner::kSeedBytes
                                      ? *seed
                                      : std::string(ledger::HeadSigner::kSeedBytes, '\0'));
  bool sound = true;
  std::string after;
  while (true) {
    ASHLAR_ASSIGN(const std::vector<security::Tenant> page, ashlar.tenants->list(after, kPage));
    for (const security::Tenant& tenant : page) {
      ASHLAR_ASSIGN(const bool good, verify_book(ashlar, tenant, &signer, heads));
      sound = sound && good;
    }
    if (page.size() < kPage) return sound;
    after = page.back().name;
  }
}

}  // namespace

base::Status verify(const Config& given, const std::vector<std::string>& head_files) {
  Config config = given;
  config.log_level = obs::Level::kError;
  ASHLAR_ASSIGN(const auto ashlar, Installation::open_existing(config));
  ASHLAR_ASSIGN(const Heads heads, read_heads(*ashlar, head_files));
  ASHLAR_ASSIGN(const std::string findings, ashlar->db->check_integrity());
  if (!findings.empty()) print_line(findings);
  ASHLAR_ASSIGN(const bool books_sound, verify_books(*ashlar, heads));
  if (!findings.empty() || !books_sound) {
    return fail(Code::kInternal, "damaged", "the database is damaged; restore a back-up");
  }
  print_line("ok");
  return base::ok_status();
}

}  // namespace ashlar::app
