#include "Truncated.h"

#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool read_at(int file, void *into, size_t bytes, uint64_t offset) {
  return pread(file, into, bytes, (off_t)offset) == (ssize_t)bytes;
}

static bool is_within(uint64_t offset, uint64_t bytes, uint64_t size) {
  return offset <= size && bytes <= size - offset;
}

/* What is no library of this kind is left for the loader to refuse. */
static bool is_ours(const ElfW(Ehdr) * header) {
  unsigned char class = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32;
  return memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 &&
         header->e_ident[EI_CLASS] == class &&
         (header->e_phnum == 0 || header->e_phentsize == sizeof(ElfW(Phdr)));
}

static bool ends_early(int file, uint64_t size) {
  ElfW(Ehdr) header;
  if (!read_at(file, &header, sizeof header, 0) || !is_ours(&header))
    return false;
  uint64_t sections = (uint64_t)header.e_shnum * header.e_shentsize;
  if (!is_within(header.e_shoff, sections, size))
    return true;
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    ElfW(Phdr) segment;
    if (!read_at(file, &segment, sizeof segment,
                 header.e_phoff + i * sizeof segment))
      return true;
    if (segment.p_type == PT_LOAD &&
        !is_within(segment.p_offset, segment.p_filesz, size))
      return true;
  }
  return false;
}

bool quantir_is_truncated(const char *path) {
  int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0)
    return false;
  struct stat status;
  bool result = fstat(file, &status) == 0 && S_ISREG(status.st_mode) &&
                ends_early(file, (uint64_t)status.st_size);
  close(file);
  return result;
}
