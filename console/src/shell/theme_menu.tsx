import { Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import { isTheme, kThemes, setTheme, useTheme, type Theme } from '../lib/theme';
import { Button } from '../ui/button';
import './menu.css';

const kLabels: Record<Theme, string> = { system: 'As the system', light: 'Light', dark: 'Dark' };

export function ThemeMenu() {
  const theme = useTheme();
  return (
    <MenuTrigger>
      <Button look="bare" small aria-label={`Colours: ${kLabels[theme]}`}>
        <svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true">
          <path fill="none" stroke="currentColor" strokeWidth="1.5" d="M2 2h14v14H2z" />
          <path fill="currentColor" d="M9 2h7v14H9z" />
        </svg>
      </Button>
      <Popover className="menu-popover" placement="bottom end">
        <Menu
          className="menu"
          aria-label="Colours"
          selectionMode="single"
          disallowEmptySelection
          selectedKeys={[theme]}
          onAction={(key) => {
            if (isTheme(key)) setTheme(key);
          }}
        >
          {kThemes.map((choice) => (
            <MenuItem key={choice} id={choice} className="menu-item">
              {kLabels[choice]}
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
