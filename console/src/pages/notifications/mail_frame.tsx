import './mail_frame.css';

/** Scripts do not run in it and it cannot reach the page around; its links open in tabs of their own. */
export function MailFrame({ html, title }: { html: string; title: string }) {
  const loadsImages = /<img[^>]+src\s*=\s*["']?(https?:)?\/\//i.test(html);
  return (
    <>
      <iframe
        className="mail-frame"
        title={title}
        sandbox="allow-popups allow-popups-to-escape-sandbox"
        srcDoc={`<base target="_blank">${html}`}
      />
      {loadsImages && <p className="told">Images from elsewhere are not loaded here.</p>}
    </>
  );
}
