#include "Profile.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include <numeric>

using namespace llvm;
using namespace quantir;

/// When each step of a run ends that begins at `begin`, from a GPU's own clock.
static Expected<std::vector<Profile::Clock::time_point>>
timesOnGpu(const LoadedModel &model, uint32_t numSteps,
           Profile::Clock::time_point begin) {
  std::vector<Profile::Clock::time_point> times{begin};
  for (uint32_t step = 0; step < numSteps; ++step) {
    double time = model.stepTime(step);
    if (time < 0)
      return createStringError(model.device() + " has no clock");
    times.push_back(times.back() +
                    std::chrono::duration_cast<Profile::Clock::duration>(
                        std::chrono::duration<double>(time)));
  }
  return times;
}

Expected<Profile> Profile::measure(const LoadedModel &model,
                                   const Buffers &inputs, unsigned warmupRuns,
                                   unsigned runs) {
  Profile profile(model.description());
  if (profile.steps().empty())
    return createStringError(
        "the library names no steps; compile the model again");
  Buffers outputs = LoadedModel::buffersFor(model.outputs);
  for (unsigned i = 0; i < warmupRuns; ++i)
    if (Error error = model.run(inputs, outputs))
      return error;
  for (unsigned i = 0; i < runs; ++i) {
    std::vector<Clock::time_point> times;
    times.reserve(profile.steps().size() + 1);
    times.push_back(Clock::now());
    bool inOrder = true;
    auto note = [&](uint32_t step) {
      inOrder &= step == (times.size() - 1) % profile.steps().size();
      times.push_back(Clock::now());
    };
    if (Error error = model.run(inputs, outputs, note))
      return error;
    if (model.device() != "cpu") {
      auto onGpu = timesOnGpu(model, profile.steps().size(), times[0]);
      if (!onGpu)
        return onGpu.takeError();
      profile.runs.push_back(std::move(*onGpu));
      continue;
    }
    if (!inOrder || (times.size() - 1) % profile.steps().size() != 0)
      return createStringError(
          "the library does other steps than its description says");
    profile.runs.push_back(std::move(times));
  }
  return profile;
}

static double seconds(Profile::Clock::duration span) {
  return std::chrono::duration<double>(span).count();
}

static json::Object event(StringRef name, StringRef category, double begin,
                          double duration, json::Object arguments) {
  constexpr double microseconds = 1e6;
  return json::Object{{"name", name},
                      {"cat", category},
                      {"ph", "X"},
                      {"pid", 0},
                      {"tid", 0},
                      {"ts", begin * microseconds},
                      {"dur", duration * microseconds},
                      {"args", json::Value(std::move(arguments))}};
}

void Profile::writeTrace(raw_ostream &os) const {
  json::Array events;
  for (auto [number, times] : enumerate(runs)) {
    auto sinceStart = [&](size_t i) { return seconds(times[i] - runs[0][0]); };
    events.push_back(event(description.name, "run", sinceStart(0),
                           seconds(times.back() - times.front()),
                           json::Object{{"run", int64_t(number)}}));
    for (size_t i = 0; i + 1 < times.size(); ++i) {
      const quantir_step &step = steps()[i % steps().size()];
      double duration = seconds(times[i + 1] - times[i]);
      json::Object arguments{{"nodes", json::fixUTF8(text(step.nodes))},
                             {"macs", step.macs},
                             {"bytes", step.bytes}};
      if (duration > 0) {
        arguments["gmacs_per_s"] = double(step.macs) / duration * 1e-9;
        arguments["gbytes_per_s"] = double(step.bytes) / duration * 1e-9;
      }
      events.push_back(event(text(step.name), "step", sinceStart(i), duration,
                             std::move(arguments)));
    }
  }
  os << formatv("{0}\n",
                json::Value(json::Object{{"displayTimeUnit", "ns"},
                                         {"traceEvents", std::move(events)}}));
}

std::vector<double> Profile::medians() const {
  std::vector<double> result;
  for (size_t i = 0; i < steps().size(); ++i) {
    auto times = map_to_vector(
        runs, [&](const auto &run) { return seconds(run[i + 1] - run[i]); });
    llvm::sort(times);
    result.push_back(times[(times.size() - 1) / 2]);
  }
  return result;
}

namespace {
/// What one line of the summary is about.
struct Work {
  double seconds = 0;
  uint64_t macs = 0, bytes = 0;
};

struct SummaryPrinter {
  raw_ostream &os;
  double total, peak;

  void header() const {
    os << "      us      %   GMAC/s" << (peak > 0 ? "  % peak" : "")
       << "     GB/s  step\n";
  }
  void line(const Work &work, const Twine &name) const {
    double perSecond = 1e-9 / std::max(work.seconds, 1e-9);
    auto rate = [&](double amount) {
      return amount > 0 ? formatv("{0,9:F1}", amount * perSecond).str()
                        : std::string("        -");
    };
    os << formatv("{0,8:F1} {1,6:F1}{2}", work.seconds * 1e6,
                  100 * work.seconds / total, rate(double(work.macs)));
    if (peak > 0)
      os << (work.macs > 0 ? formatv("{0,8:F1}",
                                     100 * double(work.macs) * perSecond / peak)
                                 .str()
                           : std::string("       -"));
    os << rate(double(work.bytes)) << "  " << name << "\n";
  }
};
} // namespace

void Profile::printSummary(raw_ostream &os, unsigned most, double peak) const {
  std::vector<double> times = medians();
  SummaryPrinter print{os, std::accumulate(times.begin(), times.end(), 0.0),
                       peak};
  MapVector<StringRef, std::pair<Work, unsigned>> kinds;
  for (auto [step, time] : zip(steps(), times)) {
    auto &[work, count] = kinds[text(step.name)];
    work.seconds += time;
    work.macs += step.macs * samples();
    work.bytes += step.bytes * samples();
    ++count;
  }
  auto byKind = kinds.takeVector();
  llvm::sort(byKind, [](const auto &a, const auto &b) {
    return std::make_pair(b.second.first.seconds, a.first) <
           std::make_pair(a.second.first.seconds, b.first);
  });
  os << formatv("{0}: {1} steps, {2:F1} us, the median of {3} runs\n",
                description.name, times.size(), print.total * 1e6, runs.size());
  print.header();
  for (auto &[name, entry] : byKind)
    print.line(entry.first,
               formatv("{0}, {1} times", name, entry.second).str());
  std::vector<size_t> order(times.size());
  std::iota(order.begin(), order.end(), 0);
  llvm::sort(order, [&](size_t a, size_t b) {
    return std::make_pair(times[b], a) < std::make_pair(times[a], b);
  });
  os << "the longest:\n";
  print.header();
  for (size_t i : ArrayRef(order).take_front(most)) {
    const quantir_step &step = steps()[i];
    print.line(
        {times[i], step.macs * samples(), step.bytes * samples()},
        formatv("{0} {1}: {2}", i, text(step.name), text(step.nodes)).str());
  }
}
