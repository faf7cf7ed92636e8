#include "platform/storage/testing/power_cut_vfs.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <utility>
#include <vector>

#include "base/random.h"

namespace ashlar::storage {
namespace {

constexpr std::size_t kSector = 512;

// A write or, with no bytes, a truncation to `offset`.
struct Change {
  std::size_t offset = 0;
  std::string bytes;
  bool truncates = false;
};

struct TrackedFile {
  std::string durable;
  std::vector<Change> pending;
};

void apply_change(std::string& bytes, const Change& change) {
  if (change.truncates) {
    bytes.resize(change.offset);
    return;
  }
  if (bytes.size() < change.offset + change.bytes.size()) {
    bytes.resize(change.offset + change.bytes.size());
  }
  std::copy(change.bytes.begin(), change.bytes.end(),
            bytes.begin() + static_cast<std::ptrdiff_t>(change.offset));
}

// A disk writes whole sectors; which of them it got to is chance.
Change torn(Change change, base::Random& random) {
  if (change.truncates) return change;
  const std::size_t sectors = change.bytes.size() / kSector;
  change.bytes.resize(sectors == 0 ? 0 : random.below(sectors + 1) * kSector);
  return change;
}

}  // namespace

struct PowerCutVfs::Impl {
  sqlite3_vfs* real = nullptr;
  sqlite3_vfs vfs{};
  mutable std::mutex mutex;
  bool full = false;                         // guarded by mutex
  Syncs syncs = Syncs::kWork;                // guarded by mutex
  std::map<std::string, TrackedFile> files;  // guarded by mutex
};

namespace {

// What SQLite holds for an open file: ours, followed in memory by the real one's.
struct File {
  sqlite3_file base;
  PowerCutVfs::Impl* impl;
  TrackedFile* tracked;  // null: a temporary file
  sqlite3_file* real;
};

File* self(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
sqlite3_file* real(sqlite3_file* file) { return self(file)->real; }

int close_file(sqlite3_file* f) { return real(f)->pMethods->xClose(real(f)); }
int read_file(sqlite3_file* f, void* to, int n, sqlite3_int64 at) {
  return real(f)->pMethods->xRead(real(f), to, n, at);
}
bool grows(sqlite3_file* file, sqlite3_int64 end) {
  sqlite3_int64 size = 0;
  return file->pMethods->xFileSize(file, &size) != SQLITE_OK || end > size;
}
int write_file(sqlite3_file* f, const void* from, int n, sqlite3_int64 at) {
  File* file = self(f);
  const std::lock_guard lock(file->impl->mutex);
  if (file->impl->full && grows(real(f), at + n)) return SQLITE_FULL;
  if (file->tracked != nullptr) {
    const std::string bytes(static_cast<const char*>(from), static_cast<std::size_t>(n));
    file->tracked->pending.push_back({static_cast<std::size_t>(at), bytes, false});
  }
  return real(f)->pMethods->xWrite(real(f), from, n, at);
}
int truncate_file(sqlite3_file* f, sqlite3_int64 size) {
  File* file = self(f);
  const std::lock_guard lock(file->impl->mutex);
  if (file->tracked != nullptr) {
    file->tracked->pending.push_back({static_cast<std::size_t>(size), "", true});
  }
  return real(f)->pMethods->xTruncate(real(f), size);
}
int sync_file(sqlite3_file* f, int) {
  File* file = self(f);
  const std::lock_guard lock(file->impl->mutex);
  if (file->impl->syncs == Syncs::kFail) return SQLITE_IOERR_FSYNC;
  if (file->impl->syncs == Syncs::kLie || file->tracked == nullptr) return SQLITE_OK;
  for (const Change& change : std::exchange(file->tracked->pending, {})) {
    apply_change(file->tracked->durable, change);
  }
  return SQLITE_OK;
}
int file_size(sqlite3_file* f, sqlite3_int64* size) {
  return real(f)->pMethods->xFileSize(real(f), size);
}
int lock_file(sqlite3_file* f, int level) { return real(f)->pMethods->xLock(real(f), level); }
int unlock_file(sqlite3_file* f, int level) { return real(f)->pMethods->xUnlock(real(f), level); }
int check_lock(sqlite3_file* f, int* held) {
  return real(f)->pMethods->xCheckReservedLock(real(f), held);
}
int control_file(sqlite3_file* f, int what, void* argument) {
  return real(f)->pMethods->xFileControl(real(f), what, argument);
}
int sector_size(sqlite3_file*) { return kSector; }
// No promise of whole or ordered writes: SQLite must do without.
int characteristics(sqlite3_file*) { return 0; }
int shm_map(sqlite3_file* f, int page, int size, int extend, void volatile** at) {
  return real(f)->pMethods->xShmMap(real(f), page, size, extend, at);
}
int shm_lock(sqlite3_file* f, int offset, int n, int flags) {
  return real(f)->pMethods->xShmLock(real(f), offset, n, flags);
}
void shm_barrier(sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); }
int shm_unmap(sqlite3_file* f, int remove) { return real(f)->pMethods->xShmUnmap(real(f), remove); }

constexpr sqlite3_io_methods kMethods{.iVersion = 2,
                                      .xClose = close_file,
                                      .xRead = read_file,
                                      .xWrite = write_file,
                                      .xTruncate = truncate_file,
                                      .xSync = sync_file,
                                      .xFileSize = file_size,
                                      .xLock = lock_file,
                                      .xUnlock = unlock_file,
                                      .xCheckReservedLock = check_lock,
                                      .xFileControl = control_file,
                                      .xSectorSize = sector_size,
                                      .xDeviceCharacteristics = characteristics,
                                      .xShmMap = shm_map,
                                      .xShmLock = shm_lock,
                                      .xShmBarrier = shm_barrier,
                                      .xShmUnmap = shm_unmap,
                                      .xFetch = nullptr,
                                      .xUnfetch = nullptr};

std::string base_name(const char* path) { return std::filesystem::path(path).filename().string(); }

int open_file(sqlite3_vfs* vfs, const char* path, sqlite3_file* f, int flags, int* out_flags) {
  auto* impl = static_cast<PowerCutVfs::Impl*>(vfs->pAppData);
  File* file = self(f);
  file->base.pMethods = nullptr;
  file->impl = impl;
  file->tracked = nullptr;
  file->real = reinterpret_cast<sqlite3_file*>(file + 1);
  const int code = impl->real->xOpen(impl->real, path, file->real, flags, out_flags);
  if (code != SQLITE_OK) return code;
  if (path != nullptr && (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) != 0) {
    const std::lock_guard lock(impl->mutex);
    file->tracked = &impl->files[base_name(path)];
  }
  file->base.pMethods = &kMethods;
  return SQLITE_OK;
}

int delete_file(sqlite3_vfs* vfs, const char* path, int sync_directory) {
  auto* impl = static_cast<PowerCutVfs::Impl*>(vfs->pAppData);
  const std::lock_guard lock(impl->mutex);
  impl->files.erase(base_name(path));
  return impl->real->xDelete(impl->real, path, sync_directory);
}

}  // namespace

PowerCutVfs::PowerCutVfs(std::string name)
    : name_(std::move(name)), impl_(std::make_unique<Impl>()) {
  impl_->real = sqlite3_vfs_find(nullptr);
  impl_->vfs = *impl_->real;
  impl_->vfs.pNext = nullptr;
  impl_->vfs.zName = name_.c_str();
  impl_->vfs.pAppData = impl_.get();
  impl_->vfs.szOsFile += static_cast<int>(sizeof(File));
  impl_->vfs.xOpen = open_file;
  impl_->vfs.xDelete = delete_file;
  // The rest are the real one's functions, which are given our structure: they look at none of its
  // private data.
  EXPECT_EQ(sqlite3_vfs_register(&impl_->vfs, 0), SQLITE_OK);
}

void PowerCutVfs::set_syncs(Syncs syncs) {
  const std::lock_guard lock(impl_->mutex);
  impl_->syncs = syncs;
}

void PowerCutVfs::set_full(bool full) {
  const std::lock_guard lock(impl_->mutex);
  impl_->full = full;
}

PowerCutVfs::~PowerCutVfs() { sqlite3_vfs_unregister(&impl_->vfs); }

std::map<std::string, std::string> PowerCutVfs::image(std::uint64_t seed) const {
  base::Random random(seed);
  const std::lock_guard lock(impl_->mutex);
  std::map<std::string, std::string> found;
  for (const auto& [name, file] : impl_->files) {
    std::string bytes = file.durable;
    const double kept = random.unit();  // how much of what was not synced the disk got to
    for (const Change& change : file.pending) {
      if (random.chance(kept))
        apply_change(bytes, random.chance(0.1) ? torn(change, random) : change);
    }
    found[name] = std::move(bytes);
  }
  return found;
}

}  // namespace ashlar::storage
