-- What several files of checks need.

local checking = {}

-- A link or id that nobody was given: the same with its last letter changed.
function checking.changed(text)
  return text:sub(1, -2) .. (text:sub(-1) == "A" and "B" or "A")
end

-- Signed on with media, watching no waiting area.
function checking.on_duty(people)
  for _, who in ipairs(people) do who:sign_on { watch = false } end
end

return checking
