-- Tasks with an owner: who runs in which coroutine, and who is told how it ended.

local failure = core.prelude("failure")

local jobs = {}

local by_task = {} -- task → job

-- Run fn(…) as a task of its own. `actor` is who acts in it (for draws, checks and messages) or nil;
-- on_end(kind, problem) gets "done", "failed" (the platform), "wrong" (the script) or "cancelled".
function jobs.start(options, fn, ...)
  local task = core.spawn(fn, ...)
  local job = { task = task, actor = options.actor, session = options.session, on_end = options.on_end }
  by_task[task] = job
  return job
end

function jobs.cancel(job)
  core.cancel(job.task)
end

-- The job that is running now, or nil (an event is being looked at).
function jobs.current()
  local task = core.current()
  return task and by_task[task]
end

-- Who is acting now, or nil.
function jobs.actor()
  local job = jobs.current()
  return job and job.actor
end

-- fn(item) for all items, at most `limit` at once, for whoever acts now. The first problem ends it and is raised.
function jobs.each(items, limit, fn)
  local waiting, problem, running, next_item = core.current(), nil, 0, 1
  local acting = jobs.current()
  local function one(index)
    fn(items[index])
  end
  while true do
    while running < limit and next_item <= #items and not problem do
      running = running + 1
      jobs.start({
        actor = acting and acting.actor, session = acting and acting.session,
        on_end = function(kind, what)
          running = running - 1
          if kind ~= "done" and not problem then
            problem = { what = what }
          end
          core.wake(waiting)
        end,
      }, one, next_item)
      next_item = next_item + 1
    end
    if running == 0 then
      break
    end
    core.park()
  end
  if problem then
    failure.again(problem.what or "cancelled")
  end
end

-- A raw error of Lua, made readable: whatever happened, the message begins with file and line.
local function describe(problem, where)
  local text = tostring(problem)
  if text:find("^prelude/") or not text:find("^[^\n]-:%d+:") then
    text = (where ~= "" and where .. ": " or "") .. text:gsub("^prelude/[^:]*:%d+: ", "")
  end
  return text
end

-- Called by C for every task that ended.
function jobs.task_ended(task, kind, problem, where)
  local job = by_task[task]
  by_task[task] = nil
  if kind == "failed" and type(problem) ~= "table" then
    kind, problem = "wrong", describe(problem, where)
  elseif kind == "fatal" then
    kind = "wrong"
  elseif kind == "failed" and problem.kind ~= "failure" and problem.kind ~= "refusal" then
    kind, problem = "wrong", describe("error with a table: " .. tostring(problem.message), where)
  end
  if kind == "failed" then
    problem = problem.message
  end
  if kind == "wrong" then
    local who = job and job.actor
    core.script_error(who and ("%s (%s: %s)"):format(problem, who.label, who.step) or problem)
  end
  if job and job.on_end then
    job.on_end(kind, problem)
  end
end

return jobs
