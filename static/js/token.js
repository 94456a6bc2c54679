// A form's token ends with the session. When its person has come in again in another window, the page asks for itself once more
// and takes the token from there, so that what was typed can still be sent. form[data-whose] says whose page it is.

/** Whether the form has a token again with which it can be sent by the person it belongs to. */
export async function renewToken(form) {
  const answer = await fetch(window.location.pathname).catch(() => null);
  if (!answer?.ok) return false;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById(form.getAttribute("id"));
  if (fresh?.dataset.whose !== form.dataset.whose) return false;
  form.querySelector("[name=csrf_token]").value = fresh.querySelector("[name=csrf_token]").value;
  return true;
}
